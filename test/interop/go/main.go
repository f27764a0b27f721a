// The loop that answers operations: one line of JSON in, one out. What the operations are is written in
// test/support/clients/test-client.ts.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
)

type operation func(ctx context.Context, input input) (any, error)

var operations = map[string]operation{
	"admin":     admin,
	"create":    create,
	"produce":   produce,
	"consume":   consume,
	"committed": committed,
	"group":     group,
	"share":     share,
}

type record struct {
	Key       []byte      `json:"key"` // encoding/json has bytes as base64, and null as nil
	Value     []byte      `json:"value"`
	Headers   [][2]string `json:"headers"`
	Timestamp int64       `json:"timestamp"`
	Partition int32       `json:"partition"`
	Offset    int64       `json:"offset"`
}

type batch struct {
	Codec   string   `json:"codec"`
	Records []record `json:"records"`
}

type input struct {
	Bootstrap  string            `json:"bootstrap"`
	Topic      string            `json:"topic"`
	Group      string            `json:"group"`
	Partitions int32             `json:"partitions"`
	Count      int               `json:"count"`
	IdleMs     int               `json:"idleMs"`
	Config     map[string]string `json:"config"`
	Batches    []batch           `json:"batches"`
	Afterwards batch             `json:"afterwards"`
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var request struct {
			Operation string `json:"operation"`
			Input     input  `json:"input"`
		}
		answer := map[string]any{}
		if err := json.Unmarshal(lines.Bytes(), &request); err != nil {
			answer["error"] = err.Error()
		} else if output, err := operations[request.Operation](context.Background(), request.Input); err != nil {
			answer["error"] = fmt.Sprintf("%s: %v", request.Operation, err)
		} else {
			answer["output"] = output
		}
		line, _ := json.Marshal(answer)
		fmt.Println(string(line))
	}
}
