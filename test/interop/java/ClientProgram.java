import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.common.protocol.Errors;

/**
 * Kafka's own clients. One line of JSON in for each operation, one out; what the operations are is written in
 * test/support/clients/test-client.ts.
 */
public final class ClientProgram {
    interface Operation {
        ObjectNode run(JsonNode input) throws Exception;
    }

    private static final Map<String, Operation> OPERATIONS = Map.of(
        "admin", Administration::admin,
        "create", Administration::create,
        "committed", Administration::committed,
        "produce", Records::produce,
        "consume", Records::consume,
        "group", Group::run,
        "share", Share::run,
        "join", Members::join,
        "work", Members::work,
        "leave", Members::leave);

    static ObjectNode object() {
        return JsonNodeFactory.instance.objectNode();
    }

    /** Kafka's error code of what failed; anything else that went wrong is thrown on. */
    static int codeOf(ExecutionException failure) throws ExecutionException {
        Errors error = Errors.forException(failure.getCause());
        if (error == Errors.UNKNOWN_SERVER_ERROR) throw failure;
        return error.code();
    }

    public static void main(String[] args) throws Exception {
        ObjectMapper mapper = new ObjectMapper();
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        PrintWriter output = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            JsonNode request = mapper.readTree(line);
            ObjectNode answer = object();
            try {
                answer.set("output", OPERATIONS.get(request.get("operation").asText()).run(request.get("input")));
            } catch (Throwable failure) {
                StringWriter trace = new StringWriter();
                failure.printStackTrace(new PrintWriter(trace));
                answer.put("error", trace.toString());
            }
            output.println(mapper.writeValueAsString(answer));
        }
    }
}
