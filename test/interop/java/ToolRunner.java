import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * Runs the main method of a class again and again in one JVM: for each line of standard input, with the words between its
 * tabs as arguments. Answers with the exit code that an exception would mean, standard output and standard error, in base64,
 * between tabs. The class must not end the process.
 */
final class ToolRunner {
    public static void main(String[] args) throws Exception {
        Method tool = Class.forName(args[0]).getMethod("main", String[].class);
        PrintStream answers = System.out;
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            ByteArrayOutputStream output = new ByteArrayOutputStream();
            ByteArrayOutputStream errors = new ByteArrayOutputStream();
            System.setOut(new PrintStream(output, true, StandardCharsets.UTF_8));
            System.setErr(new PrintStream(errors, true, StandardCharsets.UTF_8));
            int code = 0;
            try {
                tool.invoke(null, (Object) line.split("\t"));
            } catch (InvocationTargetException e) {
                code = 1;
                System.err.print("Exception in thread \"main\" ");
                e.getCause().printStackTrace();
            }
            answers.println(code + "\t" + encode(output) + "\t" + encode(errors));
            answers.flush();
        }
    }

    private static String encode(ByteArrayOutputStream bytes) {
        return Base64.getEncoder().encodeToString(bytes.toByteArray());
    }
}
