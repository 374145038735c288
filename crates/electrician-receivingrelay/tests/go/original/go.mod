module electrician/original

go 1.26

require (
	github.com/joeydtaylor/electrician v0.0.0-20260131024035-ec990dbcb0c2
	google.golang.org/protobuf v1.36.4
)

// What a module replaces does not hold for those who use it, so it is said again.
replace nhooyr.io/websocket => github.com/coder/websocket v1.8.6

replace github.com/lyft/protoc-gen-validate => github.com/envoyproxy/protoc-gen-validate v0.0.13
