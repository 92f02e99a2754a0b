module witness

go 1.17
