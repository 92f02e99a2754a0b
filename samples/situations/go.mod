module example.com/situations

go 1.19
