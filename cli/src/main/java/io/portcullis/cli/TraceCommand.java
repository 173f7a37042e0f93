package io.portcullis.cli;

import io.portcullis.api.EvaluateRequest;
import io.portcullis.api.TraceView;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Asks the firewalls on a connection's way about it. */
@Command(
        name = "trace",
        mixinStandardHelpOptions = true,
        description = {
            "Ask both firewalls on a connection's way, as they are now: what the rules in force at each say about its",
            "first packet, whether these are the rules that the policy wants, and which connections of it there are.",
            "Sends nothing. What the policy says, and why, tells 'portcullis evaluate'."
        },
        footer = {
            "",
            "Without --source-port all connections between the two to that port are counted. A line that begins with !",
            "says where what is in force is not what the policy says.",
            "",
            "Examples:",
            "  portcullis trace --from web-1 --to db-1 --proto tcp --port 5432",
            "  portcullis trace --from web-1 --to db-1 --proto tcp --port 5432 --source-port 40112",
            "  portcullis trace --from 198.51.100.7 --to web-1/eth0 --proto tcp --port 443 -o json",
            "  portcullis trace --from web-1 --to db-1 --proto tcp --port 22 --expect drop   (exits 1 otherwise)"
        })
final class TraceCommand implements Callable<Integer> {
    @Mixin
    private final Session session;

    @Mixin
    private final ConnectionOptions connection = new ConnectionOptions();

    @Mixin
    private final ExpectedVerdict expected = new ExpectedVerdict();

    TraceCommand(Terminal terminal) {
        session = new Session(terminal);
    }

    @Override
    public Integer call() {
        try (session) {
            EvaluateRequest request = connection.request();
            TraceView view = session.client().trace(session.tenant(), request);
            session.output().done(view, new TraceText().write(request.from(), request.to(), view));
            expected.check(view.verdict());
        }
        return ExitCode.OK;
    }
}
