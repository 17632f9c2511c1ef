module plugins/{{name}}

go 1.24

require tenon/pdk v0.0.0

replace tenon/pdk => ./node_modules/@tenon/pdk-go
