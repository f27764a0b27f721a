package main

import (
	"context"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// share is one member of a group in which other clients are members too; it ends when it has read something and then
// nothing for a while.
func share(ctx context.Context, input input) (any, error) {
	client, err := kgo.NewClient(
		kgo.SeedBrokers(input.Bootstrap),
		kgo.ConsumeTopics(input.Topic),
		kgo.ConsumerGroup(input.Group),
		kgo.Balancers(kgo.RangeBalancer()),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.HeartbeatInterval(500*time.Millisecond),
		kgo.DisableAutoCommit(),
		kgo.BlockRebalanceOnPoll(),
	)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	values := [][]byte{}
	idle := time.Duration(input.IdleMs) * time.Millisecond
	end := time.Now().Add(240 * time.Second)
	for last := time.Now(); len(values) == 0 || time.Since(last) < idle; {
		short, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
		records := client.PollFetches(short).Records()
		cancel()
		for _, record := range records {
			values = append(values, record.Value)
		}
		if len(records) > 0 {
			last = time.Now()
			err = client.CommitRecords(ctx, records...)
		}
		client.AllowRebalance()
		if err != nil {
			return nil, err
		}
		if time.Now().After(end) {
			return nil, fmt.Errorf("only %d records came", len(values))
		}
	}
	return map[string]any{"values": values}, nil
}
