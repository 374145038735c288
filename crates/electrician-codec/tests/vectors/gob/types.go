package main

import (
	"encoding/gob"
	"errors"
	"math/big"
	"net/url"
	"time"
)

type Scalars struct {
	Bool    bool
	Int     int
	Int8    int8
	Int16   int16
	Int32   int32
	Int64   int64
	Uint    uint
	Uint8   uint8
	Uint16  uint16
	Uint32  uint32
	Uint64  uint64
	Float32 float32
	Float64 float64
	Rune    rune
	Text    string
	Data    []byte
}

type Inner struct {
	Name  string
	Count int
}

type Nested struct {
	ID      int
	Inner   Inner
	Pointer *Inner
	Nil     *Inner
	Last    string
}

type Base struct {
	Key string
}

type Embedded struct {
	Base
	*Inner
	Value int
}

type Slices struct {
	Ints    []int
	Texts   []string
	Rows    [][]int
	Inners  []Inner
	Refs    []*Inner
	Blobs   [][]byte
	Floats  []float32
	Bools   []bool
	Empty   []int
	Nil     []string
	Nothing []struct{}
}

type Arrays struct {
	Ints   [3]int
	Bytes  [4]byte
	Inners [2]Inner
	Rows   [2][2]uint16
	Zeros  [5]int64
	Nil    *[3]int
}

type Point struct {
	X, Y int
}

type Maps struct {
	Counts map[string]int
	Names  map[int]string
	Lists  map[string][]string
	Inners map[string]Inner
	Points map[Point]bool
	Deep   map[string]map[string]float64
	Flags  map[bool]uint8
	Empty  map[string]int
	Nil    map[string]int
}

type Pointers struct {
	Int   *int
	Text  **string
	Zero  *int
	Nil   *string
	Slice *[]int
	Map   *map[string]int
}

type Shape interface {
	Area() float64
}

type Circle struct {
	Radius float64
}

type Square struct {
	Side float64
}

type Unit struct{}

func (c Circle) Area() float64  { return c.Radius * c.Radius * 3 }
func (s *Square) Area() float64 { return s.Side * s.Side }
func (Unit) Area() float64      { return 1 }

type Drawing struct {
	Title  string
	Main   Shape
	Shapes []Shape
	None   Shape
	Any    map[string]any
	After  int
}

// Crate holds anything, also another crate: types are defined in the midst of the value.
type Crate struct {
	Label   string
	Content any
	Weight  int
}

type Letter struct {
	Words []string
}

type Coin struct {
	Value uint
	Year  int
}

type Times struct {
	UTC   time.Time
	Zone  time.Time
	West  time.Time
	Odd   time.Time
	Zero  time.Time
	List  []time.Time
	Ref   *time.Time
	Nil   *time.Time
	Spent time.Duration
}

// Version writes itself with MarshalBinary.
type Version struct {
	major, minor byte
}

func (v Version) MarshalBinary() ([]byte, error) { return []byte{v.major, v.minor}, nil }

func (v *Version) UnmarshalBinary(data []byte) error {
	if len(data) != 2 {
		return errors.New("a version is two bytes")
	}
	v.major, v.minor = data[0], data[1]
	return nil
}

// Secret writes itself with GobEncode.
type Secret struct {
	text string
}

func (s Secret) GobEncode() ([]byte, error) { return []byte("<" + s.text + ">"), nil }

func (s *Secret) GobDecode(data []byte) error {
	s.text = string(data)
	return nil
}

// Level has MarshalText, which gob does not use: it is an int.
type Level int

func (l Level) MarshalText() ([]byte, error) { return []byte("level"), nil }

type Selves struct {
	Version  Version
	Secret   Secret
	Level    Level
	Big      *big.Int
	Link     *url.URL
	Versions []Version
	Named    map[string]Secret
	Nil      *Version
}

type Complexes struct {
	Small complex64
	Large complex128
	Zero  complex128
	List  []complex128
}

type List struct {
	Value int
	Next  *List
}

type Tree struct {
	Name     string
	Children []Tree
	Byname   map[string]*Tree
}

type Celsius float64
type Name string
type Status int
type Flags []bool

type Named struct {
	Temperature Celsius
	Name        Name
	Status      Status
	Flags       Flags
}

type Specials struct {
	NaN      float64
	Infinite float64
	Negative float64
	MinusNil float64
	Tiny     float64
	Huge     float32
	Latin    string
}

// Feedback is what relays send.
type Feedback struct {
	CustomerID string
	Content    string
	Category   string
	IsNegative bool
	Tags       []string
	BaseURL    string
	HTTPStatus int
	Score      float64
	SentAt     time.Time
}

// FeedbackV2 has fields that Feedback has not, and lacks some.
type FeedbackV2 struct {
	Extra      map[string][]Inner
	CustomerID string
	Shape      Shape
	Category   string
	More       Times
	Crate      *Crate
	IsNegative bool
	Callback   func()
	hidden     int
}

type Big struct {
	Data   []byte
	Text   string
	Floats []float64
}

// registered are the names of types that do not have their own.
var registered = map[string]string{"main.Coin": "example.com/bank.Coin"}

func register() {
	gob.Register(Circle{})
	gob.Register(&Square{})
	gob.Register(Unit{})
	gob.Register(Crate{})
	gob.Register(Letter{})
	gob.RegisterName(registered["main.Coin"], Coin{})
	gob.Register(map[string]any{})
	gob.Register([]any{})
	gob.Register(time.Time{})
	gob.Register(Point{})
}
