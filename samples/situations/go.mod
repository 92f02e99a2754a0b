module situations

go 1.19
