package main

import (
	"bytes"
	"compress/gzip"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
	"io"

	"electrician/peer/relay"
	"github.com/andybalholm/brotli"
	"github.com/golang/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// describe says what wrap does.
func describe(s *settings) *relay.MessageMetadata {
	metadata := &relay.MessageMetadata{
		Headers:     map[string]string{"source": "go"},
		ContentType: contentType(s.format),
		Version:     &relay.VersionInfo{Major: 1},
	}
	if s.compression != 0 {
		metadata.Performance = &relay.PerformanceOptions{
			UseCompression: true, CompressionAlgorithm: s.compression,
		}
	}
	if len(s.key) > 0 {
		metadata.Security = &relay.SecurityOptions{
			Enabled: true, Suite: relay.EncryptionSuite_ENCRYPTION_AES_GCM,
		}
	}
	return metadata
}

// wrap compresses and encrypts.
func wrap(value []byte, s *settings) ([]byte, error) {
	compressed, err := compress(value, s.compression)
	if err != nil || len(s.key) == 0 {
		return compressed, err
	}
	seal, err := cipherOf(s.key)
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, seal.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return nil, err
	}
	return seal.Seal(nonce, nonce, compressed, nil), nil
}

// unwrap decrypts and decompresses as the metadata says. With a key only what is encrypted is taken.
func unwrap(value []byte, metadata *relay.MessageMetadata, key []byte) ([]byte, error) {
	isSealed := metadata.GetSecurity().GetEnabled() &&
		metadata.GetSecurity().GetSuite() == relay.EncryptionSuite_ENCRYPTION_AES_GCM
	if isSealed != (len(key) > 0) {
		return nil, errors.New("a key and no encryption, or the other way round")
	}
	if isSealed {
		seal, err := cipherOf(key)
		if err != nil {
			return nil, err
		}
		if len(value) < seal.NonceSize() {
			return nil, errors.New("shorter than a nonce")
		}
		nonce, sealed := value[:seal.NonceSize()], value[seal.NonceSize():]
		if value, err = seal.Open(nil, nonce, sealed, nil); err != nil {
			return nil, err
		}
	}
	if !metadata.GetPerformance().GetUseCompression() {
		return value, nil
	}
	return decompress(value, metadata.GetPerformance().GetCompressionAlgorithm())
}

func cipherOf(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

func compress(value []byte, algorithm relay.CompressionAlgorithm) ([]byte, error) {
	var into bytes.Buffer
	var writer io.WriteCloser
	switch algorithm {
	case relay.CompressionAlgorithm_COMPRESS_NONE:
		return value, nil
	case relay.CompressionAlgorithm_COMPRESS_DEFLATE:
		writer = gzip.NewWriter(&into)
	case relay.CompressionAlgorithm_COMPRESS_SNAPPY:
		writer = snappy.NewBufferedWriter(&into)
	case relay.CompressionAlgorithm_COMPRESS_ZSTD:
		var err error
		if writer, err = zstd.NewWriter(&into); err != nil {
			return nil, err
		}
	case relay.CompressionAlgorithm_COMPRESS_BROTLI:
		writer = brotli.NewWriter(&into)
	case relay.CompressionAlgorithm_COMPRESS_LZ4:
		writer = lz4.NewWriter(&into)
	default:
		return nil, fmt.Errorf("%v is no compression", algorithm)
	}
	if _, err := writer.Write(value); err != nil {
		return nil, err
	}
	if err := writer.Close(); err != nil {
		return nil, err
	}
	return into.Bytes(), nil
}

func decompress(value []byte, algorithm relay.CompressionAlgorithm) ([]byte, error) {
	from := io.Reader(bytes.NewReader(value))
	switch algorithm {
	case relay.CompressionAlgorithm_COMPRESS_NONE:
	case relay.CompressionAlgorithm_COMPRESS_DEFLATE:
		reader, err := gzip.NewReader(from)
		if err != nil {
			return nil, err
		}
		from = reader
	case relay.CompressionAlgorithm_COMPRESS_SNAPPY:
		from = snappy.NewReader(from)
	case relay.CompressionAlgorithm_COMPRESS_ZSTD:
		reader, err := zstd.NewReader(from)
		if err != nil {
			return nil, err
		}
		defer reader.Close()
		from = reader
	case relay.CompressionAlgorithm_COMPRESS_BROTLI:
		from = brotli.NewReader(from)
	case relay.CompressionAlgorithm_COMPRESS_LZ4:
		from = lz4.NewReader(from)
	default:
		return nil, fmt.Errorf("%v is no compression", algorithm)
	}
	return io.ReadAll(from)
}
