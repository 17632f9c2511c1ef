module tenon/pdk

go 1.24
