module odradek.compat/tweets

go 1.23
