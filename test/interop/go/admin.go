package main

import (
	"context"
	"errors"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

func administration(input input) (*kadm.Client, error) {
	return kadm.NewOptClient(kgo.SeedBrokers(input.Bootstrap))
}

// codeOf is Kafka's error code of an error; it gives back an error that is none of Kafka's.
func codeOf(err error) (int16, error) {
	var known *kerr.Error
	if err == nil {
		return 0, nil
	}
	if errors.As(err, &known) {
		return known.Code, nil
	}
	return -1, err
}

func admin(ctx context.Context, input input) (any, error) {
	client, err := administration(input)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	configs := map[string]*string{}
	for name, value := range input.Config {
		configs[name] = &value
	}
	if _, err := client.CreateTopic(ctx, input.Partitions, 1, configs, input.Topic); err != nil {
		return nil, err
	}
	_, err = client.CreateTopic(ctx, input.Partitions, 1, configs, input.Topic)
	createAgain, err := codeOf(err)
	if err != nil {
		return nil, err
	}
	topics, err := client.ListTopics(ctx)
	if err != nil {
		return nil, err
	}
	partitions := []map[string]any{}
	for _, partition := range topics[input.Topic].Partitions.Sorted() {
		partitions = append(partitions, map[string]any{
			"id": partition.Partition, "leader": partition.Leader, "replicas": partition.Replicas, "isr": partition.ISR,
		})
	}
	described, err := client.DescribeTopicConfigs(ctx, input.Topic)
	if err != nil {
		return nil, err
	}
	found := map[string]string{}
	for _, entry := range described[0].Configs {
		if _, asked := input.Config[entry.Key]; asked {
			found[entry.Key] = entry.MaybeValue()
		}
	}
	if _, err := client.DeleteTopic(ctx, input.Topic); err != nil {
		return nil, err
	}
	return map[string]any{
		"createAgain": createAgain,
		"listed":      topics.Has(input.Topic),
		"partitions":  partitions,
		"config":      found,
	}, nil
}

func create(ctx context.Context, input input) (any, error) {
	client, err := administration(input)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	_, err = client.CreateTopic(ctx, input.Partitions, 1, nil, input.Topic)
	return map[string]any{}, err
}

func committed(ctx context.Context, input input) (any, error) {
	client, err := administration(input)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	found, err := client.FetchOffsets(ctx, input.Group)
	if err != nil {
		return nil, err
	}
	offsets := map[int32]int64{}
	for partition, response := range found[input.Topic] {
		if response.Err != nil {
			return nil, response.Err
		}
		offsets[partition] = response.At
	}
	return map[string]any{"offsets": offsets}, nil
}
