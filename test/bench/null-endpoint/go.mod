module null-endpoint

go 1.22
