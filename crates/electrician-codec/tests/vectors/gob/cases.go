package main

import (
	"math"
	"math/big"
	"net/url"
	"strings"
	"time"
)

func init() { register() }

// targets are what can be decoded, by name.
func targets() map[string]func() any {
	return map[string]func() any{
		"Scalars":   func() any { return new(Scalars) },
		"Nested":    func() any { return new(Nested) },
		"Slices":    func() any { return new(Slices) },
		"Arrays":    func() any { return new(Arrays) },
		"Maps":      func() any { return new(Maps) },
		"Pointers":  func() any { return new(Pointers) },
		"Drawing":   func() any { return new(Drawing) },
		"Crate":     func() any { return new(Crate) },
		"Times":     func() any { return new(Times) },
		"Selves":    func() any { return new(Selves) },
		"Complexes": func() any { return new(Complexes) },
		"List":      func() any { return new(List) },
		"Tree":      func() any { return new(Tree) },
		"Named":     func() any { return new(Named) },
		"Feedback":  func() any { return new(Feedback) },
		"Big":       func() any { return new(Big) },
		"Int":       func() any { return new(int64) },
		"Text":      func() any { return new(string) },
		"Texts":     func() any { return new([]string) },
		"Counts":    func() any { return new(map[string]uint32) },
		"Bytes":     func() any { return new([]byte) },
		"Time":      func() any { return new(time.Time) },
	}
}

// cases are the vectors, by name: the values of one encoder.
func cases() map[string][]any {
	number, zero, text := 42, 0, "deep"
	pointer := &text
	list := []int{7, 8}
	table := map[string]int{"a": 1}
	instant := time.Date(2024, 2, 29, 12, 30, 45, 123456789, time.UTC)
	india := time.FixedZone("India", 5*3600+1800)
	west := time.FixedZone("West", -8*3600)
	odd := time.FixedZone("Odd", -(4*3600 + 56*60 + 2))
	huge, _ := new(big.Int).SetString("-123456789012345678901234567890", 10)
	link := &url.URL{Scheme: "https", Host: "example.com", Path: "/a"}
	feedback := Feedback{
		CustomerID: "c-17", Content: "Works well, thank you.", Category: "praise",
		Tags: []string{"web", "eu"}, BaseURL: "https://example.com", HTTPStatus: 200, Score: 4.5,
		SentAt: instant,
	}
	data := make([]byte, 3000)
	for at := range data {
		data[at] = byte(at * 7)
	}
	floats := make([]float64, 300)
	for at := range floats {
		floats[at] = math.Sin(float64(at))
	}
	drawing := Drawing{
		Title: "d", Main: Circle{2}, Shapes: []Shape{&Square{3}, Circle{1}, Unit{}},
		Any: map[string]any{
			"int": 5, "text": "t", "bool": true, "float": 2.5, "nil": nil, "bytes": []byte{1, 2},
			"point": Point{1, 2}, "map": map[string]any{"in": []any{1, "two", nil}},
			"uint8": uint8(9), "time": instant,
		},
		After: 7,
	}
	crate := Crate{
		Label: "outer", Weight: 3,
		Content: Crate{
			Label: "middle", Weight: 2,
			Content: []any{
				Letter{[]string{"dear", "reader"}}, Coin{1, 1999}, Letter{[]string{"bye"}}, Circle{4},
			},
		},
	}
	return map[string][]any{
		"scalars": {Scalars{
			true, -1, -2, -300, -70000, -5000000000, 1, 2, 300, 70000, 5000000000, 1.5, -2.25, 'ß',
			"Grüße", []byte{0, 1, 255},
		}},
		"scalars_zero": {Scalars{}},
		"scalars_min": {Scalars{
			Int: math.MinInt64, Int8: math.MinInt8, Int16: math.MinInt16, Int32: math.MinInt32,
			Int64: math.MinInt64, Float32: -math.MaxFloat32, Float64: -math.MaxFloat64,
		}},
		"scalars_max": {Scalars{
			Int: math.MaxInt64, Int8: math.MaxInt8, Int16: math.MaxInt16, Int32: math.MaxInt32,
			Int64: math.MaxInt64, Uint: math.MaxUint64, Uint8: math.MaxUint8, Uint16: math.MaxUint16,
			Uint32: math.MaxUint32, Uint64: math.MaxUint64, Float32: math.MaxFloat32,
			Float64: math.MaxFloat64, Rune: 0x10ffff,
		}},
		"nested":   {Nested{1, Inner{"a", 2}, &Inner{"b", 3}, nil, "z"}},
		"embedded": {Embedded{Base{"k"}, &Inner{"i", 1}, 9}},
		"slices": {Slices{
			Ints: []int{0, -1, 64, 1 << 40}, Texts: []string{"", "x"}, Rows: [][]int{{1}, {}, {2, 3}},
			Inners: []Inner{{}, {"n", 1}}, Refs: []*Inner{{"p", 2}}, Blobs: [][]byte{{1}, nil, {2, 3}},
			Floats: []float32{0, 0.5}, Bools: []bool{true, false}, Empty: []int{},
			Nothing: make([]struct{}, 3),
		}},
		"arrays": {Arrays{
			Ints: [3]int{1, 0, -3}, Bytes: [4]byte{1, 2, 0, 255}, Inners: [2]Inner{{"q", 0}, {}},
			Rows: [2][2]uint16{{1, 2}, {3, 4}},
		}},
		"maps": {Maps{
			Counts: map[string]int{"one": 1, "zero": 0}, Names: map[int]string{-5: "m", 5: "p"},
			Lists:  map[string][]string{"l": {"a", "b"}, "e": {}},
			Inners: map[string]Inner{"i": {"x", 1}}, Points: map[Point]bool{{1, 2}: true},
			Deep:  map[string]map[string]float64{"d": {"e": 0.5}},
			Flags: map[bool]uint8{true: 1, false: 0}, Empty: map[string]int{},
		}},
		"pointers":   {Pointers{&number, &pointer, &zero, nil, &list, &table}},
		"interfaces": {drawing},
		"crates":     {crate},
		"times": {Times{
			UTC: instant, Zone: instant.In(india), West: instant.In(west), Odd: instant.In(odd),
			List: []time.Time{instant, {}}, Ref: &instant, Spent: 1500 * time.Millisecond,
		}},
		"selves": {Selves{
			Version: Version{1, 2}, Secret: Secret{"s"}, Level: 3, Big: huge, Link: link,
			Versions: []Version{{0, 0}, {3, 4}}, Named: map[string]Secret{"n": {"t"}},
		}},
		"complexes": {Complexes{1 + 2i, -0.5i, 0, []complex128{0, 3}}},
		"list":      {List{1, &List{2, &List{3, nil}}}},
		"tree": {Tree{
			"root", []Tree{{Name: "l"}, {Name: "r", Children: []Tree{{Name: "rr"}}}},
			map[string]*Tree{"k": {Name: "kk"}},
		}},
		"named": {Named{-3.5, "n", 4, Flags{true}}},
		"specials": {Specials{
			math.NaN(), math.Inf(1), math.Inf(-1), math.Copysign(0, -1), 5e-324, 3e38, "caf\xe9",
		}},
		"feedback": {feedback},
		"feedback_v2": {FeedbackV2{
			Extra: map[string][]Inner{"e": {{"x", 1}}}, CustomerID: "c-18", Shape: Circle{1},
			Category: "fault", More: Times{UTC: instant, List: []time.Time{instant}}, Crate: &crate,
			IsNegative: true,
		}},
		"big":         {Big{data, strings.Repeat("long ", 500), floats}},
		"top_int":     {-17},
		"top_uint":    {uint16(17)},
		"top_bool":    {true},
		"top_float":   {float32(1.5)},
		"top_text":    {"hello"},
		"top_bytes":   {[]byte("hello")},
		"top_complex": {1 - 1i},
		"top_texts":   {[]string{"a", "b"}},
		"top_map":     {map[string]uint32{"a": 1, "b": 2}},
		"top_array":   {[2]int8{-1, 1}},
		"top_time":    {instant},
		"top_anys":    {[]any{1, "a", nil, Circle{1}, Letter{[]string{"w"}}}},
		"stream":      {feedback, feedback, Inner{"i", 1}, 5, crate, Inner{"j", 2}, "end", crate},
	}
}
