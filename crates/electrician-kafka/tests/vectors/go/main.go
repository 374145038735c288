// Which partition the Hash balancer of kafka-go chooses for a key, of 7 and of 12.
//
//	go run . > ../fnv1a.txt
package main

import (
	"fmt"

	"github.com/segmentio/kafka-go"
)

func main() {
	key := ""
	for i := 1; i <= 60; i++ {
		key += string(rune('a' + i*7%26))
		if i%9 == 0 {
			key += "é"
		}
		fmt.Println(key, choose(key, 7), choose(key, 12))
	}
}

func choose(key string, count int) int {
	partitions := make([]int, count)
	for i := range partitions {
		partitions[i] = i
	}
	hash := kafka.Hash{}
	return hash.Balance(kafka.Message{Key: []byte(key)}, partitions...)
}
