import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

final class Records {
    static final long TIMEOUT_MS = 120_000;

    static ObjectNode produce(JsonNode input) throws Exception {
        int sent = 0;
        for (JsonNode batch : input.get("batches")) sent += send(input, batch);
        return ClientProgram.object().put("sent", sent);
    }

    static int send(JsonNode input, JsonNode batch) throws Exception {
        Map<String, Object> config = Map.of(
            "bootstrap.servers", input.get("bootstrap").asText(),
            "compression.type", batch.get("codec").asText(),
            "acks", "all",
            "linger.ms", 20);
        try (var producer = new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer())) {
            List<Future<RecordMetadata>> futures = new ArrayList<>();
            for (JsonNode record : batch.get("records")) {
                List<Header> headers = new ArrayList<>();
                for (JsonNode header : record.get("headers")) {
                    headers.add(new RecordHeader(header.get(0).asText(), bytes(header.get(1))));
                }
                futures.add(producer.send(new ProducerRecord<>(
                    input.get("topic").asText(), null, record.get("timestamp").asLong(),
                    bytes(record.get("key")), bytes(record.get("value")), headers)));
            }
            for (Future<RecordMetadata> future : futures) future.get();
            return futures.size();
        }
    }

    private static byte[] bytes(JsonNode base64) {
        return base64.isNull() ? null : Base64.getDecoder().decode(base64.asText());
    }

    static String text(byte[] bytes) {
        return bytes == null ? null : Base64.getEncoder().encodeToString(bytes);
    }

    /** Whether it is to be a member of KIP-848's protocol, which has no heartbeat interval of the client's. */
    static boolean isConsumerProtocol(JsonNode input) {
        return input.path("protocol").asText().equals("consumer");
    }

    static KafkaConsumer<byte[], byte[]> consumer(JsonNode input, int recordsAtMost) {
        Map<String, Object> config = new HashMap<>(Map.of(
            "bootstrap.servers", input.get("bootstrap").asText(),
            "auto.offset.reset", "earliest",
            "enable.auto.commit", false,
            "max.poll.records", recordsAtMost));
        if (input.has("group")) config.put("group.id", input.get("group").asText());
        if (input.has("instanceId")) config.put("group.instance.id", input.get("instanceId").asText());
        if (isConsumerProtocol(input)) config.put("group.protocol", "consumer");
        else config.put("heartbeat.interval.ms", 500);
        return new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    static KafkaConsumer<byte[], byte[]> member(JsonNode input) {
        KafkaConsumer<byte[], byte[]> consumer = consumer(input, 500);
        consumer.subscribe(List.of(input.get("topic").asText()));
        return consumer;
    }

    static ObjectNode consume(JsonNode input) {
        String topic = input.get("topic").asText();
        int count = input.get("count").asInt();
        // One record a poll, so that it stops at exactly `count`.
        try (KafkaConsumer<byte[], byte[]> consumer = consumer(input, 1)) {
            if (input.has("group")) {
                consumer.subscribe(List.of(topic));
            } else {
                List<TopicPartition> places = new ArrayList<>();
                for (var found : consumer.partitionsFor(topic)) places.add(new TopicPartition(topic, found.partition()));
                consumer.assign(places);
                consumer.seekToBeginning(places);
            }
            ObjectNode result = ClientProgram.object();
            ArrayNode records = result.putArray("records");
            Map<TopicPartition, OffsetAndMetadata> next = new HashMap<>();
            long end = System.currentTimeMillis() + TIMEOUT_MS;
            while (records.size() < count) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
                    // A client that had to join again starts from what was committed.
                    TopicPartition place = new TopicPartition(topic, record.partition());
                    if (next.containsKey(place) && record.offset() < next.get(place).offset()) continue;
                    add(records.addObject(), record);
                    next.put(place, new OffsetAndMetadata(record.offset() + 1));
                }
                if (System.currentTimeMillis() > end) {
                    throw new IllegalStateException("only " + records.size() + " of " + count + " records came");
                }
            }
            if (input.has("group")) consumer.commitSync(next);
            return result;
        }
    }

    private static void add(ObjectNode to, ConsumerRecord<byte[], byte[]> record) {
        to.put("partition", record.partition()).put("offset", record.offset()).put("timestamp", record.timestamp());
        to.put("key", text(record.key())).put("value", text(record.value()));
        ArrayNode headers = to.putArray("headers");
        for (Header header : record.headers()) headers.addArray().add(header.key()).add(text(header.value()));
    }
}
