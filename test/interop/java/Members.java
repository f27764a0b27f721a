import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.SubscriptionPattern;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RebalanceInProgressException;

/** Members that live from one operation to the next. */
final class Members {
    private static final Map<String, KafkaConsumer<byte[], byte[]>> MEMBERS = new HashMap<>();

    static ObjectNode join(JsonNode input) {
        KafkaConsumer<byte[], byte[]> consumer = Records.consumer(input, 500);
        if (input.has("pattern")) {
            consumer.subscribe(new SubscriptionPattern(input.get("pattern").asText()));
        } else {
            List<String> topics = new ArrayList<>();
            for (JsonNode topic : input.get("topics")) topics.add(topic.asText());
            consumer.subscribe(topics);
        }
        MEMBERS.put(input.get("member").asText(), consumer);
        return ClientProgram.object();
    }

    static ObjectNode work(JsonNode input) {
        ObjectNode result = ClientProgram.object();
        ArrayNode values = result.putArray("values");
        ObjectNode owned = result.putObject("owned");
        long end = System.currentTimeMillis() + input.get("ms").asLong();
        do {
            for (JsonNode name : input.get("members")) {
                KafkaConsumer<byte[], byte[]> member = MEMBERS.get(name.asText());
                ConsumerRecords<byte[], byte[]> records = member.poll(Duration.ofMillis(50));
                for (ConsumerRecord<byte[], byte[]> record : records) values.add(Records.text(record.value()));
                if (!records.isEmpty()) commit(member);
                ArrayNode places = owned.putArray(name.asText());
                member.assignment().stream().map(TopicPartition::toString).sorted().forEach(places::add);
            }
        } while (System.currentTimeMillis() < end);
        return result;
    }

    /** Whoever is in the middle of a rebalance may be refused: then its records come once more, to whoever is next. */
    static void commit(KafkaConsumer<byte[], byte[]> member) {
        try {
            member.commitSync();
        } catch (CommitFailedException | RebalanceInProgressException refused) {
            // Others read them again.
        }
    }

    static ObjectNode leave(JsonNode input) {
        MEMBERS.remove(input.get("member").asText()).close();
        return ClientProgram.object();
    }
}
