module odradek.compat/confluent-kafka-go

go 1.23

require odradek.compat/tweets v0.0.0

require github.com/confluentinc/confluent-kafka-go/v2 v2.11.1

replace odradek.compat/tweets => ../lib/golang
