module kitchen-sink-go-tenon

go 1.24

require tenon/pdk v0.0.0

replace tenon/pdk => ../../../../pdks/go
