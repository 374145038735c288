// Writes what encoding/json makes of some values, for the tests of the Go dialect, and what encoding/gob and
// compress/zlib make of lists of floats, for those of waves: go run . > ../../json.txt
//
// A line is a kind, a name and one or two texts, with tabs between them. JSON has no tab in it.
//
//	encode NAME TEXT           TEXT is json.Marshal of the value called NAME
//	decode NAME INPUT OUTPUT   INPUT was read into the type called NAME, and OUTPUT is json.Marshal of that;
//	                           OUTPUT is "error" where it could not be read
//	floats NUMBERS GOB ZLIB    bits of the numbers, their gob, and that within zlib, all hexadecimal
package main

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"encoding/gob"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"time"
)

// Feedback is a record with what users send.
type Feedback struct {
	CustomerID string   `json:"customerId"`
	Content    string   `json:"content"`
	Category   string   `json:"category,omitempty"`
	IsNegative bool     `json:"isNegative"`
	Tags       []string `json:"tags"`
}

// Various has one field for each rule of the dialect.
type Various struct {
	Text   string           `json:"text"`
	Count  int64            `json:"count"`
	Small  uint8            `json:"small"`
	Share  float64          `json:"share"`
	Half   float32          `json:"half"`
	Data   []byte           `json:"data"`
	List   []int            `json:"list"`
	Map    map[string]int   `json:"map"`
	ByID   map[int64]string `json:"byId"`
	When   time.Time        `json:"when"`
	Maybe  *int             `json:"maybe"`
	Nested []Feedback       `json:"nested"`
}

func marshal(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return "error"
	}
	return string(text)
}

func encode(name string, value any) {
	fmt.Printf("encode\t%s\t%s\n", name, marshal(value))
}

func decode[T any](name, input string) {
	var value T
	output := "error"
	if json.Unmarshal([]byte(input), &value) == nil {
		output = marshal(value)
	}
	fmt.Printf("decode\t%s\t%s\t%s\n", name, input, output)
}

func floats(numbers ...float64) {
	bits := make([]byte, 0, 8*len(numbers))
	for _, number := range numbers {
		bits = binary.BigEndian.AppendUint64(bits, math.Float64bits(number))
	}
	var plain, packed bytes.Buffer
	if err := gob.NewEncoder(&plain).Encode(numbers); err != nil {
		panic(err)
	}
	writer := zlib.NewWriter(&packed)
	if _, err := writer.Write(plain.Bytes()); err != nil {
		panic(err)
	}
	if err := writer.Close(); err != nil {
		panic(err)
	}
	fmt.Printf("floats\t%x\t%x\t%x\n", bits, plain.Bytes(), packed.Bytes())
}

func main() {
	if len(os.Args) > 1 {
		fmt.Fprintln(os.Stderr, "usage: go run . > ../../json.txt")
		os.Exit(2)
	}
	every := ""
	for letter := rune(0); letter < 0x100; letter++ {
		every += string(letter)
	}
	encode("letters", every+"\u2027\u2028\u2029\u202a\u017f\U0001f600")
	encode("html", `<a href="x">&'</a>`)
	encode("floats", []float64{
		0, math.Copysign(0, -1), 1, -1, 100, 0.1, 1.5, 1e-5, 1e-6, 9.99e-7, 1e-7, 1.25e-10, 123456789, 1e20,
		123456789012345680000, 1e21, 1.5e22, -1e21, math.MaxFloat64, math.SmallestNonzeroFloat64, math.Pi,
	})
	encode("floats32", []float32{0, 0.1, 1e-6, 1e-7, 16777216, 1e20, 1e21, math.MaxFloat32, math.SmallestNonzeroFloat32})
	encode("integers", []int64{0, -1, math.MinInt64, math.MaxInt64})
	encode("unsigned", []uint64{0, math.MaxUint64})
	encode("sorted", map[string]int{"b": 1, "a": 2, "B": 3, "ä": 4, "aa": 5, "": 6, "<": 7, "10": 8, "9": 9})
	encode("numbered", map[int64]string{10: "ten", 9: "nine", -1: "minus"})
	for size := range 5 {
		encode(fmt.Sprintf("bytes%d", size), []byte{0xfb, 0xff, 0, 1, 2}[:size])
	}
	encode("nil", []int(nil))
	encode("empty", []int{})
	encode("feedback", Feedback{CustomerID: "C001", Content: "late & <cold>", IsNegative: true, Tags: []string{"a"}})
	encode("nil tags", Feedback{CustomerID: "C002", Category: "Delivery"})
	for index, text := range []string{
		"1970-01-01T00:00:00Z", "2026-01-02T03:04:05.6789Z", "2026-01-02T03:04:05.000000001Z",
		"2000-02-29T23:59:59.999999999Z", "1969-12-31T23:59:59.5Z", "0000-01-01T00:00:00Z", "0001-03-01T00:00:00Z",
		"1900-02-28T12:00:00Z", "9999-12-31T23:59:59.999Z", "2024-12-31T00:00:00Z", "2023-03-01T00:00:00Z",
	} {
		when, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			panic(err)
		}
		encode(fmt.Sprintf("time%d %d %d", index, when.Unix(), when.Nanosecond()), when.UTC())
	}

	for _, input := range []string{
		`{"customerId":"C001","content":"good","isNegative":false,"tags":["a","b"]}`,
		`{"CUSTOMERID":"C001","CONTENT":"good","ISNEGATIVE":true,"TAGS":null}`,
		`{"CustomerID":"first","customerId":"second","customerid":"third"}`,
		`{"customerId":"first","customerId":"second"}`,
		`{"unknown":{"deep":[1,2,{"x":null}]},"content":"\u003cx\u003e"}`,
		`{"customerId":null,"content":null,"category":null,"isNegative":null,"tags":null}`,
		`{"iſNegative":true,"tagſ":["long s"]}`,
		`{}`, `null`, `{"customerId":1}`, `{"tags":"a"}`, `{"tags":[1]}`, `[]`, `"text"`, `{`, ``, `{"a":1,}`, `{} {}`,
		`{"customer_id":"other"}`, ` { "content" : "spaces" } `, `{"content":"\ud83d\ude00"}`,
	} {
		decode[Feedback]("feedback", input)
	}
	for _, input := range []string{
		`{"text":"a","count":-5,"small":255,"share":0.25,"half":1.5,"data":"AAEC","list":[1,2],"map":{"x":1},"byId":{"7":"seven"},"when":"2026-01-02T03:04:05.120+02:00","maybe":3,"nested":[{"CustomerId":"C"}]}`,
		`{"text":null,"count":null,"small":null,"share":null,"half":null,"data":null,"list":null,"map":null,"byId":null,"maybe":null,"nested":null}`,
		`{"small":256}`, `{"small":-1}`, `{"count":1.5}`, `{"count":9223372036854775808}`, `{"share":1}`,
		`{"share":1e400}`, `{"data":"!!"}`, `{"data":"AA"}`, `{"data":"AA=="}`, `{"data":""}`, `{"data":"AA\n=="}`,
		`{"list":[]}`, `{"map":{"b":2,"a":1}}`, `{"byId":{"x":"no"}}`, `{"when":"yesterday"}`,
		`{"when":"2026-02-30T00:00:00Z"}`, `{"when":"2026-01-02T03:04:05Z"}`, `{"nested":[null]}`, `{"nested":[{"tags":["x",null]}]}`,
	} {
		decode[Various]("various", input)
	}

	floats()
	floats(0)
	floats(1, -1, 0.5, 17, math.Pi, math.Copysign(0, -1), math.MaxFloat64, math.SmallestNonzeroFloat64, math.Inf(1))
	many := make([]float64, 300)
	for index := range many {
		many[index] = float64(index%7) / 3
	}
	floats(many...)
}
