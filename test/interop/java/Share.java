import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;

/** One member of a group in which other clients are members too. */
final class Share {
    static ObjectNode run(JsonNode input) {
        ObjectNode result = ClientProgram.object();
        ArrayNode values = result.putArray("values");
        long idleMs = input.get("idleMs").asLong();
        long end = System.currentTimeMillis() + 240_000;
        try (KafkaConsumer<byte[], byte[]> consumer = Records.member(input)) {
            long last = 0;
            while (values.isEmpty() || System.currentTimeMillis() - last < idleMs) {
                ConsumerRecords<byte[], byte[]> records = consumer.poll(Duration.ofMillis(100));
                for (ConsumerRecord<byte[], byte[]> record : records) values.add(record.value());
                if (!records.isEmpty()) {
                    last = System.currentTimeMillis();
                    consumer.commitSync();
                }
                if (System.currentTimeMillis() > end) {
                    throw new IllegalStateException("only " + values.size() + " records came");
                }
            }
        }
        return result;
    }
}
