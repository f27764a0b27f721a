import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.serialization.LongDeserializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;

/**
 * Kafka Streams counts the words of lines that lie in a topic, exactly once: from the first line that it processes until a
 * read_committed consumer has every word's last count. First a run that is not measured, for the just-in-time compiler.
 * Prints "started" and "ended" around the measured work, then how many milliseconds it took.
 *
 * <p>Arguments: bootstrap servers, folder for the state, lines, lines of the first run.
 */
public final class WordCount {
    private static final int PARTITIONS = 4;
    private static final int WORDS_IN_LINE = 5;
    private static final int VOCABULARY = 1_000;
    private static final Duration POLL = Duration.ofMillis(10);
    private static final long TIMEOUT_MS = 120_000;

    private final String bootstrap;
    private final String name;
    private final int lines;
    private final Map<String, Long> expected = new HashMap<>();
    private final CountDownLatch started = new CountDownLatch(1);
    private volatile long startedAt;

    private WordCount(String bootstrap, String name, int lines) {
        this.bootstrap = bootstrap;
        this.name = name;
        this.lines = lines;
    }

    public static void main(String[] args) throws Exception {
        new WordCount(args[0], "warm-up", Integer.parseInt(args[3])).run(args[1], false);
        double elapsedMs = new WordCount(args[0], "word-count", Integer.parseInt(args[2])).run(args[1], true);
        System.out.println(elapsedMs);
        System.exit(0);
    }

    private double run(String stateFolder, boolean isMeasured) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
            List<NewTopic> topics = List.of(
                new NewTopic(input(), PARTITIONS, (short) 1), new NewTopic(output(), PARTITIONS, (short) 1));
            admin.createTopics(topics).all().get();
            awaitLeaders(admin);
        }
        writeLines();
        try (KafkaConsumer<String, Long> counts = consumer();
             KafkaStreams streams = new KafkaStreams(topology().build(), config(stateFolder))) {
            AtomicBoolean hasFailed = new AtomicBoolean();
            streams.setStateListener((state, before) -> {
                if (state != KafkaStreams.State.ERROR) return;
                hasFailed.set(true);
                started.countDown();
            });
            streams.start();
            started.await();
            if (isMeasured) System.out.println("started");
            awaitCounts(counts, hasFailed);
            double elapsedMs = (System.nanoTime() - startedAt) / 1e6;
            if (isMeasured) System.out.println("ended");
            return elapsedMs;
        }
    }

    private String input() {
        return name + "-lines";
    }

    private String output() {
        return name + "-counts";
    }

    /**
     * Until every partition has a leader that answers. Kafka tells of a new topic a moment before: it may then refuse a producer's
     * first batches, take the next ones, and refuse the first for good, since they are out of order then.
     */
    private void awaitLeaders(Admin admin) throws Exception {
        Map<TopicPartition, OffsetSpec> partitions = new HashMap<>();
        for (int partition = 0; partition < PARTITIONS; partition++) {
            for (String topic : List.of(input(), output())) {
                partitions.put(new TopicPartition(topic, partition), OffsetSpec.latest());
            }
        }
        while (true) {
            try {
                admin.listOffsets(partitions).all().get();
                return;
            } catch (ExecutionException error) {
                if (!(error.getCause() instanceof RetriableException)) throw error;
                Thread.sleep(POLL.toMillis());
            }
        }
    }

    /** The same lines for every broker. */
    private void writeLines() throws Exception {
        Random random = new Random(42);
        Map<String, Object> config = Map.of(
            ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap,
            ProducerConfig.BATCH_SIZE_CONFIG, 65_536,
            ProducerConfig.LINGER_MS_CONFIG, 20,
            ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, StringSerializer.class,
            ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, StringSerializer.class);
        AtomicReference<Exception> failure = new AtomicReference<>();
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(config)) {
            String[] words = new String[WORDS_IN_LINE];
            for (int line = 0; line < lines; line++) {
                for (int place = 0; place < WORDS_IN_LINE; place++) {
                    words[place] = "word-" + random.nextInt(VOCABULARY);
                    expected.merge(words[place], 1L, Long::sum);
                }
                ProducerRecord<String, String> record =
                    new ProducerRecord<>(input(), line % PARTITIONS, null, String.join(" ", words));
                producer.send(record, (written, error) -> failure.compareAndSet(null, error));
            }
        }
        if (failure.get() != null) throw failure.get();
    }

    private StreamsBuilder topology() {
        StreamsBuilder builder = new StreamsBuilder();
        KStream<String, String> stream = builder.stream(input());
        stream.flatMapValues(this::wordsOf)
            .groupBy((key, word) -> word, Grouped.as("words"))
            .count(Materialized.as("counts"))
            .toStream()
            .to(output(), Produced.with(Serdes.String(), Serdes.Long()));
        return builder;
    }

    private List<String> wordsOf(String line) {
        if (startedAt == 0) {
            startedAt = System.nanoTime();
            started.countDown();
        }
        return Arrays.asList(line.split(" "));
    }

    /** Streams' defaults, but without the cache that would leave out counts (as in Kafka's own word count). */
    private Properties config(String stateFolder) {
        Properties config = new Properties();
        config.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
        config.put(StreamsConfig.APPLICATION_ID_CONFIG, name);
        config.put(StreamsConfig.STATE_DIR_CONFIG, stateFolder);
        config.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        config.put(StreamsConfig.DEFAULT_KEY_SERDE_CLASS_CONFIG, Serdes.StringSerde.class);
        config.put(StreamsConfig.DEFAULT_VALUE_SERDE_CLASS_CONFIG, Serdes.StringSerde.class);
        config.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 0);
        config.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
        config.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        return config;
    }

    private KafkaConsumer<String, Long> consumer() {
        KafkaConsumer<String, Long> consumer = new KafkaConsumer<>(Map.of(
            ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap,
            ConsumerConfig.GROUP_ID_CONFIG, name + "-reader",
            ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest",
            ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false,
            ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed",
            ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, StringDeserializer.class,
            ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, LongDeserializer.class));
        consumer.subscribe(List.of(output()));
        return consumer;
    }

    /** Until all counts have come, each exactly one above the one before. */
    private void awaitCounts(KafkaConsumer<String, Long> consumer, AtomicBoolean hasFailed) {
        Map<String, Long> counts = new HashMap<>();
        long missing = (long) lines * WORDS_IN_LINE;
        long deadline = System.currentTimeMillis() + TIMEOUT_MS;
        while (missing > 0) {
            for (ConsumerRecord<String, Long> record : consumer.poll(POLL)) {
                long before = counts.getOrDefault(record.key(), 0L);
                if (record.value() != before + 1) {
                    throw new IllegalStateException(record.key() + ": " + record.value() + " after " + before);
                }
                counts.put(record.key(), record.value());
                missing--;
            }
            if (hasFailed.get()) throw new IllegalStateException("Streams has failed");
            if (System.currentTimeMillis() > deadline) throw new IllegalStateException(missing + " counts are missing");
        }
        if (!counts.equals(expected)) throw new IllegalStateException("the counts are not those of the lines");
    }
}
