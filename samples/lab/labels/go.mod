module labels

go 1.17
