// Package tweets is what the Go clients' programs share: the roles of the command line, the tweets, and the two files they
// write.  compat/lib/tweets.py tells what is in them.
package tweets

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Tweet is one to send; its Index goes into the file of what was acknowledged.
type Tweet struct {
	Index      int
	Key, Value string
}

// Roles are what a client's program can do.
type Roles struct {
	Create  func(bootstrap, topic string, partitions int) error
	Produce func(bootstrap, topic, codec string, tweets func(send func(Tweet) error) error, acked *Acked) error
	Consume func(bootstrap, topic, group string, record *Record) error
}

// Main runs the role that the command line names.
func Main(roles Roles) {
	if err := run(roles, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(roles Roles, args []string) error {
	if len(args) < 4 {
		return errors.New("a role and its arguments are wanted")
	}
	role, bootstrap, topic, rest := args[0], args[1], args[2], args[3:]
	switch role {
	case "create":
		partitions, err := strconv.Atoi(rest[0])
		if err != nil {
			return err
		}
		return roles.Create(bootstrap, topic, partitions)
	case "produce":
		return produce(roles, bootstrap, topic, rest)
	case "consume":
		file, err := os.OpenFile(rest[1], os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
		if err != nil {
			return err
		}
		return roles.Consume(bootstrap, topic, rest[0], &Record{file: file, stop: rest[2]})
	}
	return fmt.Errorf("not a role: %s", role)
}

func produce(roles Roles, bootstrap, topic string, rest []string) error {
	first, err1 := strconv.Atoi(rest[2])
	count, err2 := strconv.Atoi(rest[3])
	rate, err3 := strconv.ParseFloat(rest[4], 64)
	file, err4 := os.OpenFile(rest[5], os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return err
	}
	acked := &Acked{file: file}
	walk := func(send func(Tweet) error) error { return numbered(rest[1], first, count, rate, send) }
	if err := roles.Produce(bootstrap, topic, rest[0], walk, acked); err != nil {
		return err
	}
	if acked.count != count {
		return fmt.Errorf("%d of %d acknowledged", acked.count, count)
	}
	return nil
}

// numbered shows the tweets to send, no faster than `rate` a second.
func numbered(path string, first, count int, rate float64, send func(Tweet) error) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	start := time.Now()
	lines := bufio.NewScanner(file)
	for index := 0; index < first+count && lines.Scan(); index++ {
		if index < first {
			continue
		}
		if index%50 == 0 {
			time.Sleep(time.Until(start.Add(time.Duration(float64(index-first) / rate * float64(time.Second)))))
		}
		key, value, _ := strings.Cut(lines.Text(), "\t")
		if err := send(Tweet{index, key, value}); err != nil {
			return err
		}
	}
	return lines.Err()
}

// Acked is the file of acknowledged tweets; any goroutine may write to it.
type Acked struct {
	mutex sync.Mutex
	file  *os.File
	count int
}

// OK notes that a tweet was acknowledged, and where; -1 where the client does not tell.
func (a *Acked) OK(index int, partition int32, offset int64) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.count++
	fmt.Fprintf(a.file, "%d\t%d\t%d\n", index, partition, offset)
}

// Record is the file of what a consumer lived through; any goroutine may write to it.
type Record struct {
	mutex sync.Mutex
	file  *os.File
	stop  string
}

// Stopping says whether the consumer is to commit, leave and end.
func (r *Record) Stopping() bool {
	_, err := os.Stat(r.stop)
	return err == nil
}

func (r *Record) line(format string, values ...any) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	fmt.Fprintf(r.file, format+"\n", values...)
}

// Assigned notes all the partitions that the consumer now has.
func (r *Record) Assigned(partitions []int32) {
	sort.Slice(partitions, func(i, j int) bool { return partitions[i] < partitions[j] })
	names := make([]string, len(partitions))
	for i, partition := range partitions {
		names[i] = strconv.Itoa(int(partition))
	}
	r.line("assigned\t%s", strings.Join(names, ","))
}

// Read notes a record.
func (r *Record) Read(partition int32, offset int64, key, value []byte) {
	r.line("record\t%d\t%d\t%s\t%s", partition, offset, key, value)
}

// Committed notes a commit.
func (r *Record) Committed() { r.line("committed") }

// Note notes what is worth knowing when a story fails.
func (r *Record) Note(what any) {
	r.line("note\t%s", strings.Join(strings.Fields(fmt.Sprint(what)), " "))
}
