// The baseline of `usher-bench intake`: requests from RabbitMQ's quorum queue into Redis as one would write it in Go with amqp091-go and
// redigo. `single` calls the function once for each request; `batched` calls it once for all that has arrived, up to 50. It
// parses the CloudEvent and makes an id; it seals nothing, and what it stores as sealed is the same for all.
package main

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/gomodule/redigo/redis"
	amqp "github.com/rabbitmq/amqp091-go"
)

const batchLimit = 50

type event struct {
	Version string `json:"specversion"`
	ID      string `json:"id"`
	Source  string `json:"source"`
	Type    string `json:"type"`
	Data    struct {
		Queue    string          `json:"queue"`
		Kind     string          `json:"kind"`
		Priority *int            `json:"priority"`
		Customer json.RawMessage `json:"customer"`
		Details  json.RawMessage `json:"details"`
	} `json:"data"`
}

// call is FCALL, the function, the number of keys, the queue's keys, the key of the request; then the queue, two numbers, and
// eight words for each service.
type call struct {
	name    string
	keys    []string
	idem    string
	common  []string
	service []string
	id      string
}

func read(path string) (*call, error) {
	bytes, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var file struct {
		Words []string `json:"words"`
		ID    string   `json:"id"`
	}
	if err := json.Unmarshal(bytes, &file); err != nil {
		return nil, err
	}
	count, err := strconv.Atoi(file.Words[2])
	if err != nil {
		return nil, err
	}
	keys, rest := file.Words[3:3+count], file.Words[3+count:]
	last := keys[count-1]
	return &call{
		name: file.Words[1], keys: keys[:count-1], idem: last[:strings.Index(last, "}:idem:")+len("}:idem:")],
		common: rest[:3], service: rest[3:], id: file.ID,
	}, nil
}

// uuid is a UUIDv7.
func uuid() string {
	var raw [16]byte
	binary.BigEndian.PutUint64(raw[:8], uint64(time.Now().UnixMilli())<<16)
	if _, err := rand.Read(raw[6:]); err != nil {
		log.Fatal(err)
	}
	raw[6] = raw[6]&0x0f | 0x70
	raw[8] = raw[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", raw[:4], raw[4:6], raw[6:8], raw[8:10], raw[10:])
}

func (c *call) arguments(deliveries []amqp.Delivery) ([]interface{}, error) {
	words := []interface{}{c.name, len(c.keys) + len(deliveries)}
	for _, key := range c.keys {
		words = append(words, key)
	}
	for _, delivery := range deliveries {
		var parsed event
		if err := json.Unmarshal(delivery.Body, &parsed); err != nil {
			return nil, err
		}
		if parsed.Version != "1.0" || parsed.ID == "" || parsed.Data.Queue == "" || parsed.Data.Kind == "" {
			return nil, fmt.Errorf("a request lacks what it needs")
		}
		words = append(words, c.idem+parsed.Source+parsed.ID)
	}
	for _, word := range c.common {
		words = append(words, word)
	}
	for range deliveries {
		id := uuid()
		for _, word := range c.service {
			words = append(words, strings.ReplaceAll(word, c.id, id))
		}
	}
	return words, nil
}

func run() error {
	limit := 1
	if os.Args[1] == "batched" {
		limit = batchLimit
	}
	count, err := strconv.Atoi(os.Args[2])
	if err != nil {
		return err
	}
	prefetch, err := strconv.Atoi(os.Args[3])
	if err != nil {
		return err
	}
	call, err := read(os.Args[4])
	if err != nil {
		return err
	}
	store, err := redis.Dial("tcp", os.Getenv("BENCH_REDIS_ADDRESS"), redis.DialPassword(os.Getenv("BENCH_REDIS_PASSWORD")))
	if err != nil {
		return err
	}
	defer store.Close()
	began := time.Now()
	connection, err := amqp.Dial(os.Getenv("BENCH_AMQP_URL"))
	if err != nil {
		return err
	}
	defer connection.Close()
	channel, err := connection.Channel()
	if err != nil {
		return err
	}
	if err := channel.Qos(prefetch, 0, false); err != nil {
		return err
	}
	deliveries, err := channel.Consume("usher.intake", "", false, false, false, false, nil)
	if err != nil {
		return err
	}
	for taken := 0; taken < count; {
		batch := []amqp.Delivery{<-deliveries}
	more:
		for len(batch) < limit {
			select {
			case delivery := <-deliveries:
				batch = append(batch, delivery)
			default:
				break more
			}
		}
		words, err := call.arguments(batch)
		if err != nil {
			return err
		}
		reply, err := redis.Values(store.Do("FCALL", words...))
		if err != nil {
			return err
		}
		if status, _ := redis.String(reply[0], nil); status != "OK" {
			return fmt.Errorf("the function answers %s", status)
		}
		if err := channel.Ack(batch[len(batch)-1].DeliveryTag, true); err != nil {
			return err
		}
		taken += len(batch)
	}
	seconds := time.Since(began).Seconds()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return err
	}
	cpu := float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e9
	fmt.Printf("measured %f %f\n", seconds, cpu)
	return nil
}

func main() {
	if err := run(); err != nil {
		log.Fatal(err)
	}
}
