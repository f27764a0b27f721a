package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// member is one of a group, with what it owns now.
type member struct {
	client *kgo.Client
	lock   sync.Mutex
	owned  map[int32]bool
	seen   *[][]byte
}

func join(input input, seen *[][]byte) (*member, error) {
	joined := &member{owned: map[int32]bool{}, seen: seen}
	change := func(owns bool) func(context.Context, *kgo.Client, map[string][]int32) {
		return func(_ context.Context, _ *kgo.Client, partitions map[string][]int32) {
			joined.lock.Lock()
			defer joined.lock.Unlock()
			for _, partition := range partitions[input.Topic] {
				if owns {
					joined.owned[partition] = true
				} else {
					delete(joined.owned, partition)
				}
			}
		}
	}
	client, err := kgo.NewClient(
		kgo.SeedBrokers(input.Bootstrap),
		kgo.ConsumeTopics(input.Topic),
		kgo.ConsumerGroup(input.Group),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.HeartbeatInterval(500*time.Millisecond),
		kgo.DisableAutoCommit(),
		kgo.BlockRebalanceOnPoll(), // so that what was polled can be committed
		kgo.OnPartitionsAssigned(change(true)),
		kgo.OnPartitionsRevoked(change(false)),
		kgo.OnPartitionsLost(change(false)),
	)
	joined.client = client
	return joined, err
}

func (member *member) work(ctx context.Context) error {
	defer member.client.AllowRebalance()
	short, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
	defer cancel()
	records := member.client.PollFetches(short).Records()
	for _, record := range records {
		*member.seen = append(*member.seen, record.Value)
	}
	if len(records) == 0 {
		return nil
	}
	return member.client.CommitRecords(ctx, records...)
}

func (member *member) owns() []int32 {
	member.lock.Lock()
	defer member.lock.Unlock()
	partitions := []int32{}
	for partition := range member.owned {
		partitions = append(partitions, partition)
	}
	slices.Sort(partitions)
	return partitions
}

func describedGroup(ctx context.Context, client *kadm.Client, name string) (kadm.DescribedGroup, error) {
	groups, err := client.DescribeGroups(ctx, name)
	if err != nil {
		return kadm.DescribedGroup{}, err
	}
	return groups[name], groups[name].Err
}

func group(ctx context.Context, input input) (any, error) {
	client, err := administration(input)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	seen := [][]byte{}
	first, err := join(input, &seen)
	if err != nil {
		return nil, err
	}
	defer first.client.Close()
	second, err := join(input, &seen)
	if err != nil {
		return nil, err
	}
	defer second.client.Close()

	// until lets members work until something is true.
	until := func(what string, isTrue func() bool, members ...*member) error {
		for end := time.Now().Add(timeout); !isTrue(); {
			for _, member := range members {
				if err := member.work(ctx); err != nil {
					return err
				}
			}
			if time.Now().After(end) {
				return fmt.Errorf("%s: not after %s; owned are %v and %v, %d records came", what, timeout, first.owns(), second.owns(), len(seen))
			}
		}
		return nil
	}

	err = until("both members with partitions, and all records", func() bool {
		one, other := first.owns(), second.owns()
		return len(one) > 0 && len(other) > 0 && len(one)+len(other) == int(input.Partitions) && len(seen) >= input.Count
	}, first, second)
	if err != nil {
		return nil, err
	}
	together := [][]int32{first.owns(), second.owns()}
	before, err := describedGroup(ctx, client, input.Group)
	if err != nil {
		return nil, err
	}
	if err := second.client.LeaveGroupContext(ctx); err != nil {
		return nil, err
	}
	err = until("all partitions for the one that stays", func() bool { return len(first.owns()) == int(input.Partitions) }, first)
	if err != nil {
		return nil, err
	}
	alone := first.owns()
	input.Batches = []batch{input.Afterwards}
	if _, err := produce(ctx, input); err != nil {
		return nil, err
	}
	err = until("the records of the second half", func() bool { return len(seen) >= input.Count+len(input.Afterwards.Records) }, first)
	if err != nil {
		return nil, err
	}
	if err := first.client.LeaveGroupContext(ctx); err != nil {
		return nil, err
	}
	after, err := describedGroup(ctx, client, input.Group)
	if err != nil {
		return nil, err
	}
	response, err := client.DeleteGroup(ctx, input.Group)
	if err == nil {
		err = response.Err
	}
	deleted, err := codeOf(err)
	if err != nil {
		return nil, err
	}
	return map[string]any{
		"together":   together,
		"members":    len(before.Members),
		"state":      before.State,
		"alone":      alone,
		"seen":       seen,
		"stateAfter": after.State,
		"deleted":    deleted,
	}, nil
}
