import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.common.utils.Exit;

/**
 * Apache Kafka's command-line tools, one after the other in one JVM: a start of each would take two seconds.
 *
 * <p>The argument is a folder of cases: NAME.args has the main class and the arguments, a line each, NAME.stdin what the tool reads.
 * NAME.out, NAME.err and NAME.code are what it printed and its exit code; what it does after it has asked to exit does not count.
 * With the argument --serve behind it, the cases are run as their names are read from the standard input, a line each; the name is
 * answered when its files are there.
 */
public final class ToolsInOneJvm {
  private static final class Exited extends Error {
    Exited() {
      super("the tool has ended", null, false, false);
    }
  }

  private static Integer exitCode;
  private static byte[] out;
  private static byte[] err;
  private static ByteArrayOutputStream outNow;
  private static ByteArrayOutputStream errNow;
  private static final List<Runnable> HOOKS = new ArrayList<>();

  private static void end(int code) {
    if (exitCode != null) return;
    exitCode = code;
    System.out.flush();
    System.err.flush();
    out = outNow.toByteArray();
    err = errNow.toByteArray();
  }

  private static void run(Path folder, String name) throws Exception {
    List<String> lines = Files.readAllLines(folder.resolve(name + ".args"));
    Path stdin = folder.resolve(name + ".stdin");
    InputStream oldIn = System.in;
    PrintStream oldOut = System.out;
    PrintStream oldErr = System.err;
    exitCode = null;
    HOOKS.clear();
    outNow = new ByteArrayOutputStream();
    errNow = new ByteArrayOutputStream();
    System.setIn(new ByteArrayInputStream(Files.exists(stdin) ? Files.readAllBytes(stdin) : new byte[0]));
    System.setOut(new PrintStream(outNow, true));
    System.setErr(new PrintStream(errNow, true));
    try {
      String[] arguments = lines.subList(1, lines.size()).toArray(new String[0]);
      Class.forName(lines.get(0)).getMethod("main", String[].class).invoke(null, (Object) arguments);
      end(0);
    } catch (InvocationTargetException thrown) {
      if (!(thrown.getCause() instanceof Exited)) {
        System.err.println(thrown.getCause());
        end(1);
      }
    } finally {
      HOOKS.forEach(Runnable::run);
      System.setIn(oldIn);
      System.setOut(oldOut);
      System.setErr(oldErr);
    }
    Files.write(folder.resolve(name + ".out"), out);
    Files.write(folder.resolve(name + ".err"), err);
    Files.write(folder.resolve(name + ".code"), exitCode.toString().getBytes(StandardCharsets.UTF_8));
  }

  private static void serve(Path folder) throws Exception {
    BufferedReader names = new BufferedReader(new InputStreamReader(System.in));
    for (String name = names.readLine(); name != null; name = names.readLine()) {
      run(folder, name);
      System.out.println(name);
    }
    System.exit(0);
  }

  public static void main(String[] arguments) throws Exception {
    Exit.setExitProcedure((code, message) -> {
      end(code);
      throw new Exited();
    });
    // A producer is closed by its hook; a consumer's hook waits for what has already happened.
    Exit.setShutdownHookAdder((name, hook) -> {
      if (name.startsWith("producer")) HOOKS.add(hook);
    });
    Path folder = Path.of(arguments[0]);
    if (arguments.length > 1) serve(folder);
    List<String> names;
    try (Stream<Path> files = Files.list(folder)) {
      names = files.map(file -> file.getFileName().toString()).filter(file -> file.endsWith(".args"))
          .map(file -> file.substring(0, file.length() - 5)).sorted().collect(Collectors.toList());
    }
    for (String name : names) run(folder, name);
    System.exit(0);
  }
}
