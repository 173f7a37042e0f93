package io.portcullis.cluster.multinode;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;

/** Entry point of one role's JVM. What its scenario failed by it leaves in a file, for whoever started it. */
final class MultiNodeMain {
    private MultiNodeMain() {}

    /** Where role number {@code index} leaves what it failed by, in the directory that all share. */
    static Path failure(Path directory, int index) {
        return directory.resolve("role-" + index + ".failure");
    }

    public static void main(String[] arguments) {
        int exitCode = 1;
        try {
            MultiNodeScenario scenario = (MultiNodeScenario)
                    Class.forName(arguments[0]).getDeclaredConstructor().newInstance();
            scenario.multiNodeSpecBeforeAll();
            scenario.play();
            scenario.multiNodeSpecAfterAll();
            exitCode = 0;
        } catch (Throwable e) {
            e.printStackTrace();
            leave(e);
        }
        System.out.flush();
        Runtime.getRuntime().halt(exitCode);
    }

    private static void leave(Throwable failure) {
        StringWriter text = new StringWriter();
        failure.printStackTrace(new PrintWriter(text));
        try {
            Files.writeString(
                    failure(MultiNodeScenario.directory(), Integer.getInteger("multinode.index")), text.toString());
        } catch (IOException e) {
            e.printStackTrace();
        }
    }
}
