module electrician/vectors/compress

go 1.26

require (
	github.com/andybalholm/brotli v1.2.8
	github.com/golang/snappy v1.0.0
	github.com/klauspost/compress v1.20.4
	github.com/pierrec/lz4/v4 v4.1.33
)
