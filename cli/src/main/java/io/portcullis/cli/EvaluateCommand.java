package io.portcullis.cli;

import io.portcullis.api.EvaluateRequest;
import io.portcullis.api.EvaluationView;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Asks the policy about a connection. */
@Command(
        name = "evaluate",
        mixinStandardHelpOptions = true,
        description = "Ask what the policy says about a connection, at both firewalls, and why. Sends nothing.",
        footer = {
            "",
            "Every pair of addresses is shown that shares a segment, or else every pair of one family.",
            "",
            "Examples:",
            "  portcullis evaluate --from web-1 --to db-1 --proto tcp --port 5432",
            "  portcullis evaluate --from 198.51.100.7 --to web-1/eth0 --proto tcp --port 443 --family ipv4",
            "  portcullis evaluate --from web-1 --to db-1 --proto icmp -o json",
            "  portcullis evaluate --from web-1 --to db-1 --proto tcp --port 22 --expect drop   (exits 1 otherwise)"
        })
final class EvaluateCommand implements Callable<Integer> {
    @Mixin
    private final Session session;

    @Mixin
    private final ConnectionOptions connection = new ConnectionOptions();

    @Mixin
    private final ExpectedVerdict expected = new ExpectedVerdict();

    EvaluateCommand(Terminal terminal) {
        session = new Session(terminal);
    }

    @Override
    public Integer call() {
        try (session) {
            EvaluateRequest request = connection.request();
            EvaluationView view = session.client().evaluate(session.tenant(), request);
            session.output()
                    .done(view, new EvaluationText(session.output().wide()).write(request.from(), request.to(), view));
            expected.check(view.verdict());
        }
        return ExitCode.OK;
    }
}
