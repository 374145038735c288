package main

import (
	"encoding"
	"encoding/gob"
	"encoding/json"
	"math"
	"reflect"
	"sort"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// dump makes of a value what JSON can express. With raw, a type that writes itself is what it wrote.
func dump(value any, raw bool) any {
	return dumpValue(reflect.ValueOf(value), raw)
}

func dumpValue(value reflect.Value, raw bool) any {
	if !value.IsValid() {
		return nil
	}
	if value.Kind() == reflect.Interface {
		if value.IsNil() {
			return nil
		}
		held := value.Elem()
		name := held.Type().String()
		if registered, ok := registered[name]; ok {
			name = registered
		}
		return map[string]any{"$": name, "value": dumpValue(held, raw)}
	}
	if value.Kind() == reflect.Pointer {
		if value.IsNil() {
			return nil
		}
		return dumpValue(value.Elem(), raw)
	}
	if self, ok := dumpSelf(value, raw); ok {
		return self
	}
	switch value.Kind() {
	case reflect.String:
		if !utf8.ValidString(value.String()) {
			return dumpValue(reflect.ValueOf([]byte(value.String())), raw)
		}
		return value.String()
	case reflect.Float32, reflect.Float64:
		return dumpFloat(value.Float())
	case reflect.Complex64, reflect.Complex128:
		number := value.Complex()
		return []any{dumpFloat(real(number)), dumpFloat(imag(number))}
	case reflect.Slice, reflect.Array:
		items := make([]any, value.Len())
		for at := range items {
			items[at] = dumpValue(value.Index(at), raw)
		}
		return items
	case reflect.Map:
		return dumpMap(value, raw)
	case reflect.Struct:
		fields := map[string]any{}
		for at := 0; at < value.NumField(); at++ {
			field := value.Type().Field(at)
			kind := field.Type.Kind()
			if field.IsExported() && kind != reflect.Func && kind != reflect.Chan {
				fields[field.Name] = dumpField(value.Field(at), raw)
			}
		}
		return fields
	}
	if value.CanInt() {
		return value.Int()
	}
	return value.Interface()
}

// dumpField knows that gob leaves zeros out, and so does not ask them what they would write.
func dumpField(value reflect.Value, raw bool) any {
	if raw && value.Kind() == reflect.Struct && value.IsZero() {
		return nil
	}
	return dumpValue(value, raw)
}

// dumpSelf asks types that write themselves. Gob prefers GobEncode to MarshalBinary.
func dumpSelf(value reflect.Value, raw bool) (any, bool) {
	if instant, ok := value.Interface().(time.Time); ok && !raw {
		return instant.Format(time.RFC3339Nano), true
	}
	self := value.Interface()
	if value.CanAddr() {
		self = value.Addr().Interface()
	} else {
		pointer := reflect.New(value.Type())
		pointer.Elem().Set(value)
		self = pointer.Interface()
	}
	var data []byte
	var err error
	switch self := self.(type) {
	case gob.GobEncoder:
		data, err = self.GobEncode()
	case encoding.BinaryMarshaler:
		data, err = self.MarshalBinary()
	default:
		return nil, false
	}
	if err != nil {
		panic(err)
	}
	return dumpValue(reflect.ValueOf(data), raw), true
}

// dumpFloat gives the shortest text that is the number, such as 4.5e0 or -1e-7. A JSON number would be
// read differently here and there.
func dumpFloat(number float64) any {
	if math.IsNaN(number) || math.IsInf(number, 0) {
		return strconv.FormatFloat(number, 'g', -1, 64)
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(number, 'e', -1, 64), "e")
	power, err := strconv.Atoi(exponent)
	if err != nil {
		panic(err)
	}
	return mantissa + "e" + strconv.Itoa(power)
}

func dumpMap(value reflect.Value, raw bool) any {
	if value.Type().Key().Kind() == reflect.String {
		entries := map[string]any{}
		for _, key := range value.MapKeys() {
			entries[key.String()] = dumpValue(value.MapIndex(key), raw)
		}
		return entries
	}
	pairs := make([]any, 0)
	for _, key := range value.MapKeys() {
		pair := []any{dumpValue(key, raw), dumpValue(value.MapIndex(key), raw)}
		text, err := json.Marshal(pair)
		if err != nil {
			panic(err)
		}
		pairs = append(pairs, json.RawMessage(text))
	}
	sort.Slice(pairs, func(a, b int) bool {
		return string(pairs[a].(json.RawMessage)) < string(pairs[b].(json.RawMessage))
	})
	return pairs
}
