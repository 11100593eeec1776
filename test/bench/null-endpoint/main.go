// Null SQS endpoint: accepts SendMessageBatch in the AmazonSQS JSON protocol,
// hashes bodies and attributes honestly, counts, stores nothing. Loopback only.
// /_reset?latency=20ms&rate=500 sets the service time and, in requests a
// second, a token bucket that answers RequestThrottled when it is empty.
package main

import (
	"bytes"
	"crypto/md5"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"
)

type attr struct {
	DataType    string
	StringValue *string
	BinaryValue *string // base64
}
type entry struct {
	Id                string
	MessageBody       string
	MessageAttributes map[string]attr
}

var (
	messages, requests, bodyBytes, attrCount, inflight, maxInflight atomic.Int64
	firstNs, lastNs                                                 atomic.Int64
	latency                                                         time.Duration
	bufs                                                            = sync.Pool{New: func() any { return new(bytes.Buffer) }}
)

// tokens is a bucket of one second's worth of requests; rate 0 lets all pass.
type tokens struct {
	sync.Mutex
	rate, left float64
	at         time.Time
}

var bucket tokens

func (b *tokens) set(rate float64) {
	b.Lock()
	defer b.Unlock()
	b.rate, b.left, b.at = rate, rate, time.Now()
}

func (b *tokens) take(now time.Time) bool {
	b.Lock()
	defer b.Unlock()
	if b.rate == 0 {
		return true
	}
	b.left = min(b.rate, b.left+b.rate*now.Sub(b.at).Seconds())
	b.at = now
	if b.left < 1 {
		return false
	}
	b.left--
	return true
}

// The attribute digest of the service: names sorted; length-prefixed name,
// data type, one byte 1 (string) or 2 (binary), length-prefixed value.
func md5Attrs(m map[string]attr) string {
	names := make([]string, 0, len(m))
	for k := range m {
		names = append(names, k)
	}
	sort.Strings(names)
	h := md5.New()
	var n [4]byte
	put := func(s string) {
		binary.BigEndian.PutUint32(n[:], uint32(len(s)))
		h.Write(n[:])
		io.WriteString(h, s)
	}
	for _, k := range names {
		a := m[k]
		put(k)
		put(a.DataType)
		if a.StringValue != nil {
			h.Write([]byte{1})
			put(*a.StringValue)
		} else if a.BinaryValue != nil {
			b, _ := base64.StdEncoding.DecodeString(*a.BinaryValue)
			h.Write([]byte{2})
			put(string(b))
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

func md5s(s string) string {
	d := md5.Sum(unsafe.Slice(unsafe.StringData(s), len(s)))
	return hex.EncodeToString(d[:])
}

func account(n int, bytes int, attrs int) {
	now := time.Now().UnixNano()
	firstNs.CompareAndSwap(0, now)
	lastNs.Store(now)
	messages.Add(int64(n))
	bodyBytes.Add(int64(bytes))
	attrCount.Add(int64(attrs))
	requests.Add(1)
}

func fail(w http.ResponseWriter, code int, typ, msg string) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.WriteHeader(code)
	fmt.Fprintf(w, `{"__type":"com.amazonaws.sqs#%s","message":%q}`, typ, msg)
}

func handle(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/_stats":
		json.NewEncoder(w).Encode(map[string]int64{"messages": messages.Load(), "requests": requests.Load(),
			"bodyBytes": bodyBytes.Load(), "attributes": attrCount.Load(), "maxInflight": maxInflight.Load(),
			"firstNs": firstNs.Load(), "lastNs": lastNs.Load()})
		return
	case "/_reset":
		for _, c := range []*atomic.Int64{&messages, &requests, &bodyBytes, &attrCount, &maxInflight, &firstNs, &lastNs} {
			c.Store(0)
		}
		if v := r.URL.Query().Get("latency"); v != "" {
			if d, err := time.ParseDuration(v); err == nil {
				latency = d
			}
		}
		rate, _ := strconv.ParseFloat(r.URL.Query().Get("rate"), 64)
		bucket.set(rate)
		return
	}
	if n := inflight.Add(1); n > maxInflight.Load() {
		maxInflight.Store(n)
	}
	defer inflight.Add(-1)
	start := time.Now()
	if !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 ") {
		fail(w, 403, "MissingAuthenticationToken", "unsigned")
		return
	}
	buf := bufs.Get().(*bytes.Buffer)
	buf.Reset()
	defer bufs.Put(buf)
	if _, err := buf.ReadFrom(r.Body); err != nil {
		return
	}
	if !bucket.take(start) {
		fail(w, 400, "RequestThrottled", "over the rate")
		return
	}
	var out []byte
	const ctype = "application/x-amz-json-1.0"
	if t := r.Header.Get("X-Amz-Target"); t != "" {
		switch t {
		case "AmazonSQS.SendMessageBatch":
			var in struct{ Entries []entry }
			p := scanner{b: buf.Bytes()}
			in.Entries = p.batch()
			if p.bad {
				fail(w, 400, "InvalidParameterValue", "not understood")
				return
			}
			if len(in.Entries) == 0 || len(in.Entries) > 10 {
				fail(w, 400, "TooManyEntriesInBatchRequest", "1..10")
				return
			}
			out = append(out, `{"Successful":[`...)
			nb, na := 0, 0
			for i, e := range in.Entries {
				if i > 0 {
					out = append(out, ',')
				}
				nb += len(e.MessageBody)
				na += len(e.MessageAttributes)
				out = append(out, `{"Id":`...)
				out = strconv.AppendQuote(out, e.Id)
				out = append(out, `,"MessageId":"219f8380-5770-4cc2-8c3e-`...)
				out = append(out, fmt.Sprintf("%012x", messages.Load()+int64(i))...)
				out = append(out, `","MD5OfMessageBody":"`...)
				out = append(out, md5s(e.MessageBody)...)
				if len(e.MessageAttributes) > 0 {
					out = append(out, `","MD5OfMessageAttributes":"`...)
					out = append(out, md5Attrs(e.MessageAttributes)...)
				}
				out = append(out, `"}`...)
			}
			out = append(out, `]}`...)
			account(len(in.Entries), nb, na)
		default:
			fail(w, 400, "InvalidAction", t)
			return
		}
	} else {
		fail(w, 400, "InvalidAction", "JSON protocol only")
		return
	}
	if d := latency - time.Since(start); d > 0 {
		time.Sleep(d)
	}
	w.Header().Set("Content-Type", ctype)
	w.Header().Set("x-amzn-RequestId", "00000000-0000-0000-0000-000000000000")
	w.Header().Set("Content-Length", strconv.Itoa(len(out)))
	w.Write(out)
}

func main() {
	addr := flag.String("addr", "127.0.0.1:19324", "loopback address to listen on")
	flag.DurationVar(&latency, "latency", 0, "service time per request")
	flag.Parse()
	host, _, _ := net.SplitHostPort(*addr)
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		fmt.Fprintln(os.Stderr, "loopback only")
		os.Exit(2)
	}
	log.Fatal(http.ListenAndServe(*addr, http.HandlerFunc(handle)))
}
