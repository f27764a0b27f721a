import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.TopicPartition;

/** Two members share a topic; one leaves, the other goes on. */
final class Group {
    private final JsonNode input;
    /** By their places: in a rebalance a record may come once more, to whoever is next. */
    private final Map<String, String> seen = new LinkedHashMap<>();

    private Group(JsonNode input) {
        this.input = input;
    }

    static ObjectNode run(JsonNode input) throws Exception {
        return new Group(input).run();
    }

    private ObjectNode run() throws Exception {
        String name = input.get("group").asText();
        int partitions = input.get("partitions").asInt();
        int count = input.get("count").asInt();
        ObjectNode result = ClientProgram.object();
        try (Admin admin = Administration.client(input);
             KafkaConsumer<byte[], byte[]> first = Records.member(input);
             KafkaConsumer<byte[], byte[]> second = Records.member(input)) {
            until("both members with partitions, and all records", () -> {
                int one = first.assignment().size();
                int other = second.assignment().size();
                return one > 0 && other > 0 && one + other == partitions && seen.size() >= count;
            }, List.of(first, second));
            ArrayNode together = result.putArray("together");
            addOwned(together.addArray(), first);
            addOwned(together.addArray(), second);
            // The last one may have its partitions and not have said so yet.
            until("a stable group", () -> described(admin, name).groupState() == GroupState.STABLE, List.of(first, second));
            ConsumerGroupDescription before = described(admin, name);
            result.put("members", before.members().size()).put("state", before.groupState().toString());
            second.close();

            until("all partitions for the one that stays", () -> first.assignment().size() == partitions, List.of(first));
            addOwned(result.putArray("alone"), first);
            int sent = Records.send(input, input.get("afterwards"));
            until("the records of the second half", () -> seen.size() >= count + sent, List.of(first));
            first.close();

            result.put("stateAfter", described(admin, name).groupState().toString());
            try {
                admin.deleteConsumerGroups(List.of(name)).all().get();
                result.put("deleted", 0);
            } catch (ExecutionException failure) {
                result.put("deleted", ClientProgram.codeOf(failure));
            }
        }
        ArrayNode values = result.putArray("seen");
        seen.values().forEach(values::add);
        return result;
    }

    private static ConsumerGroupDescription described(Admin admin, String name) {
        try {
            return admin.describeConsumerGroups(List.of(name)).all().get().get(name);
        } catch (ExecutionException | InterruptedException failure) {
            throw new IllegalStateException(failure);
        }
    }

    private static void addOwned(ArrayNode array, KafkaConsumer<byte[], byte[]> consumer) {
        consumer.assignment().stream().mapToInt(TopicPartition::partition).sorted().forEach(array::add);
    }

    /** The members poll in turn until something is true. */
    private void until(String what, BooleanSupplier isTrue, List<KafkaConsumer<byte[], byte[]>> members) {
        long end = System.currentTimeMillis() + Records.TIMEOUT_MS;
        while (!isTrue.getAsBoolean()) {
            for (KafkaConsumer<byte[], byte[]> member : members) {
                for (ConsumerRecord<byte[], byte[]> record : member.poll(Duration.ofMillis(100))) {
                    seen.put(record.partition() + " " + record.offset(), Records.text(record.value()));
                }
                Members.commit(member);
            }
            if (System.currentTimeMillis() > end) {
                throw new IllegalStateException(what + ": " + seen.size() + " records came");
            }
        }
    }
}
