package io.portcullis.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine;

/** Entry point of {@code portcullis} for all that is done over the API. */
public final class Main {
    static final int HELP_WIDTH = 110;

    private Main() {}

    public static void main(String[] args) {
        Terminal terminal =
                new Terminal(writer(FileDescriptor.out), writer(FileDescriptor.err), System.in, System.getenv());
        System.exit(run(terminal, args));
    }

    private static PrintWriter writer(FileDescriptor descriptor) {
        return new PrintWriter(new FileOutputStream(descriptor), true, StandardCharsets.UTF_8);
    }

    /** Runs one command; answers its exit status, see {@link ExitCode}. */
    static int run(Terminal terminal, String... args) {
        CommandLine command = new CommandLine(new PortcullisCommand(terminal), new CommandFactory(terminal))
                .setOut(terminal.out())
                .setErr(terminal.err())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setUsageHelpWidth(HELP_WIDTH)
                .setExecutionExceptionHandler(new Failures(terminal));
        int status = command.execute(args);
        terminal.out().flush();
        terminal.err().flush();
        return status;
    }
}
