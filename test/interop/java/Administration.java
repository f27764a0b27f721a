import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.config.ConfigResource;

final class Administration {
    static Admin client(JsonNode input) {
        return Admin.create(Map.of("bootstrap.servers", input.get("bootstrap").asText()));
    }

    static ObjectNode admin(JsonNode input) throws Exception {
        String topic = input.get("topic").asText();
        Map<String, String> config = new HashMap<>();
        input.get("config").fields().forEachRemaining(entry -> config.put(entry.getKey(), entry.getValue().asText()));
        NewTopic wanted = new NewTopic(topic, input.get("partitions").asInt(), (short) 1).configs(config);
        try (Admin client = client(input)) {
            client.createTopics(List.of(wanted)).all().get();
            ObjectNode result = ClientProgram.object();
            try {
                client.createTopics(List.of(wanted)).all().get();
                result.put("createAgain", 0);
            } catch (ExecutionException failure) {
                result.put("createAgain", ClientProgram.codeOf(failure));
            }
            TopicDescription described = client.describeTopics(List.of(topic)).allTopicNames().get().get(topic);
            ArrayNode partitions = result.putArray("partitions");
            for (TopicPartitionInfo partition : described.partitions()) {
                ObjectNode one = partitions.addObject();
                one.put("id", partition.partition()).put("leader", partition.leader().id());
                add(one.putArray("replicas"), partition.replicas());
                add(one.putArray("isr"), partition.isr());
            }
            ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
            Config configs = client.describeConfigs(List.of(resource)).all().get().get(resource);
            ObjectNode found = result.putObject("config");
            for (String name : config.keySet()) found.put(name, configs.get(name).value());
            result.put("listed", client.listTopics().names().get().contains(topic));
            client.deleteTopics(List.of(topic)).all().get();
            return result;
        }
    }

    private static void add(ArrayNode array, List<Node> nodes) {
        for (Node node : nodes) array.add(node.id());
    }

    static ObjectNode create(JsonNode input) throws Exception {
        try (Admin client = client(input)) {
            NewTopic wanted = new NewTopic(input.get("topic").asText(), input.get("partitions").asInt(), (short) 1);
            client.createTopics(List.of(wanted)).all().get();
            return ClientProgram.object();
        }
    }

    static ObjectNode committed(JsonNode input) throws Exception {
        try (Admin client = client(input)) {
            ObjectNode result = ClientProgram.object();
            ObjectNode offsets = result.putObject("offsets");
            client.listConsumerGroupOffsets(input.get("group").asText()).partitionsToOffsetAndMetadata().get()
                .forEach((place, found) -> offsets.put(String.valueOf(place.partition()), found.offset()));
            return result;
        }
    }
}
