// Compressed and sealed bytes as Go programs write them, for the tests of the codec crate.
//
//	go run . vectors FOLDER                    writes the golden vectors
//	go run . wrap FORMAT PLAIN WRAPPED         compresses or seals a file
//	go run . unwrap FORMAT WRAPPED PLAIN       the other way
//
// Formats: gzip, snappy, snappy-golang, zstd, zstd-all (in one call), brotli, lz4, aes-gcm. The key of
// aes-gcm is the bytes from 0 to 31.
package main

import (
	"bytes"
	"compress/gzip"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"github.com/andybalholm/brotli"
	golangsnappy "github.com/golang/snappy"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

var formats = []string{"gzip", "snappy", "snappy-golang", "zstd", "zstd-all", "brotli", "lz4", "aes-gcm"}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 2 && args[0] == "vectors":
		return vectors(args[1])
	case len(args) == 4 && args[0] == "wrap":
		return convert(wrap, args[1], args[2], args[3])
	case len(args) == 4 && args[0] == "unwrap":
		return convert(unwrap, args[1], args[2], args[3])
	}
	return fmt.Errorf("usage: vectors FOLDER | wrap FORMAT FROM TO | unwrap FORMAT FROM TO")
}

func convert(change func(string, []byte) ([]byte, error), format, from, to string) error {
	before, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	after, err := change(format, before)
	if err != nil {
		return fmt.Errorf("%s of %s: %w", format, from, err)
	}
	return os.WriteFile(to, after, 0o644)
}

// The inputs of the golden vectors, small enough to be kept; the tests make the same.
func inputs() map[string][]byte {
	noise := make([]byte, 700)
	mathrand.NewChaCha8([32]byte{}).Read(noise)
	return map[string][]byte{
		"empty": {},
		"one":   {0xa5},
		"text":  []byte(strings.Repeat("The current flows from plus to minus, they say. ", 100)),
		"noise": noise,
	}
}

func vectors(folder string) error {
	for name, plain := range inputs() {
		if err := os.WriteFile(filepath.Join(folder, name+".plain"), plain, 0o644); err != nil {
			return err
		}
		for _, format := range formats {
			wrapped, err := wrap(format, plain)
			if err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join(folder, name+"."+format), wrapped, 0o644); err != nil {
				return err
			}
		}
	}
	if err := bomb(folder); err != nil {
		return err
	}
	// Two payloads, one after the other, in the formats that read them as one.
	for _, format := range []string{"gzip", "snappy", "zstd", "lz4"} {
		var both []byte
		for _, plain := range []string{"first, ", "second"} {
			wrapped, err := wrap(format, []byte(plain))
			if err != nil {
				return err
			}
			both = append(both, wrapped...)
		}
		if err := os.WriteFile(filepath.Join(folder, "two."+format), both, 0o644); err != nil {
			return err
		}
	}
	return variants(folder)
}

// Ten billion zeros in a few kilobytes.
func bomb(folder string) error {
	var out bytes.Buffer
	writer := brotli.NewWriterOptions(&out, brotli.WriterOptions{Quality: 9, LGWin: 24})
	zeros := make([]byte, 10_000_000)
	for range 1000 {
		if _, err := writer.Write(zeros); err != nil {
			return err
		}
	}
	if err := writer.Close(); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, "bomb.brotli"), out.Bytes(), 0o644)
}

// Forms that other writers choose: small blocks, checksums of blocks, sizes, file names.
func variants(folder string) error {
	text := inputs()["text"]
	var named bytes.Buffer
	writer, err := gzip.NewWriterLevel(&named, 9)
	if err != nil {
		return err
	}
	writer.Name, writer.Comment, writer.Extra = "current.txt", "a comment", []byte{1, 2, 3}
	if err := write(writer, text); err != nil {
		return err
	}
	var checked bytes.Buffer
	blocks := lz4.NewWriter(&checked)
	err = blocks.Apply(lz4.BlockSizeOption(lz4.Block64Kb), lz4.BlockChecksumOption(true),
		lz4.SizeOption(uint64(len(text))))
	if err != nil {
		return err
	}
	if err := write(blocks, text); err != nil {
		return err
	}
	for name, bytes := range map[string][]byte{"named.gzip": named.Bytes(), "checked.lz4": checked.Bytes()} {
		if err := os.WriteFile(filepath.Join(folder, name), bytes, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func write(writer io.WriteCloser, plain []byte) error {
	if _, err := writer.Write(plain); err != nil {
		return err
	}
	return writer.Close()
}

func wrap(format string, plain []byte) ([]byte, error) {
	var out bytes.Buffer
	var writer io.WriteCloser
	var err error
	switch format {
	case "gzip":
		writer = gzip.NewWriter(&out)
	case "snappy":
		writer = snappy.NewBufferedWriter(&out)
	case "snappy-golang":
		writer = golangsnappy.NewBufferedWriter(&out)
	case "zstd":
		writer, err = zstd.NewWriter(&out)
	case "zstd-all":
		encoder, err := zstd.NewWriter(nil)
		if err != nil {
			return nil, err
		}
		defer encoder.Close()
		return encoder.EncodeAll(plain, nil), nil
	case "brotli":
		quality := 11
		if len(plain) > 1<<20 {
			// It would take a minute.
			quality = 5
		}
		writer = brotli.NewWriterOptions(&out, brotli.WriterOptions{Quality: quality})
	case "lz4":
		writer = lz4.NewWriter(&out)
	case "aes-gcm":
		return seal(plain)
	default:
		return nil, fmt.Errorf("no format %q", format)
	}
	if err != nil {
		return nil, err
	}
	err = write(writer, plain)
	return out.Bytes(), err
}

func unwrap(format string, wrapped []byte) ([]byte, error) {
	from := bytes.NewReader(wrapped)
	var reader io.Reader
	switch format {
	case "gzip":
		unzipper, err := gzip.NewReader(from)
		if err != nil {
			return nil, err
		}
		reader = unzipper
	case "snappy":
		reader = snappy.NewReader(from)
	case "snappy-golang":
		reader = golangsnappy.NewReader(from)
	case "zstd":
		decoder, err := zstd.NewReader(from)
		if err != nil {
			return nil, err
		}
		defer decoder.Close()
		reader = decoder
	case "zstd-all":
		decoder, err := zstd.NewReader(nil)
		if err != nil {
			return nil, err
		}
		defer decoder.Close()
		return decoder.DecodeAll(wrapped, nil)
	case "brotli":
		reader = brotli.NewReader(from)
	case "lz4":
		reader = lz4.NewReader(from)
	case "aes-gcm":
		return open(wrapped)
	default:
		return nil, fmt.Errorf("no format %q", format)
	}
	return io.ReadAll(reader)
}

func gcm() (cipher.AEAD, error) {
	key := make([]byte, 32)
	for index := range key {
		key[index] = byte(index)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

func seal(plain []byte) ([]byte, error) {
	aead, err := gcm()
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, aead.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return nil, err
	}
	return aead.Seal(nonce, nonce, plain, nil), nil
}

func open(sealed []byte) ([]byte, error) {
	aead, err := gcm()
	if err != nil {
		return nil, err
	}
	if len(sealed) < aead.NonceSize() {
		return nil, io.ErrUnexpectedEOF
	}
	return aead.Open(nil, sealed[:aead.NonceSize()], sealed[aead.NonceSize():], nil)
}
