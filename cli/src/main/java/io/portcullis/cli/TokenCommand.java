package io.portcullis.cli;

import static io.portcullis.cli.Table.Column.column;
import static io.portcullis.cli.Table.Column.wideColumn;

import io.portcullis.api.TokenRequest;
import io.portcullis.api.TokenView;
import io.portcullis.cli.Table.Column;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Tokens of the API. */
@Command(
        name = "token",
        mixinStandardHelpOptions = true,
        description = "Make, list and delete tokens of the API.",
        subcommands = {
            TokenCommand.CreateCommand.class,
            TokenCommand.ListCommand.class,
            TokenCommand.DeleteTokenCommand.class
        },
        footer = {
            "",
            "Roles: viewer reads; editor changes what there is; admin makes tokens and sets quotas, too. A token",
            "with a tenant sees nothing but that tenant, and neither sets its quota nor places its VMs on hosts.",
            "",
            "Examples:",
            "  portcullis token create ci --role editor --tenant acme --expires 90d > ci.token",
            "  portcullis get vms --token-file ci.token",
            "  portcullis token delete ci"
        })
final class TokenCommand implements Runnable {
    private static final List<Column<TokenView>> COLUMNS = List.of(
            column("NAME", TokenView::name),
            column("ROLE", TokenView::role),
            column("TENANT", TokenView::tenant),
            column("EXPIRES", TokenView::expires),
            wideColumn("CREATED", TokenView::created),
            wideColumn("BY", TokenView::createdBy));

    private final Terminal terminal;

    TokenCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public void run() {
        new CommandLine(this, new CommandFactory(terminal))
                .setUsageHelpWidth(Main.HELP_WIDTH)
                .usage(terminal.out());
    }

    @Command(
            name = "create",
            mixinStandardHelpOptions = true,
            description = "Make a token. It is printed once, and nothing else is, so that it can go to a file.")
    static final class CreateCommand implements Callable<Integer> {
        private static final Pattern TIME_SPAN = Pattern.compile("(\\d{1,5})([dhm])");

        @Mixin
        private final Session session;

        @Parameters(index = "0", paramLabel = "NAME", description = "Its changes are recorded under this name.")
        private String name = "";

        @Option(names = "--role", required = true, paramLabel = "ROLE", description = "viewer, editor or admin.")
        private String role = "";

        @Option(
                names = "--expires",
                paramLabel = "WHEN",
                description = "After a time (90d, 12h, 30m) or at one (2027-01-31T00:00:00Z); never without this.")
        private @Nullable String expires;

        CreateCommand(Terminal terminal) {
            session = new Session(terminal);
        }

        @Override
        public Integer call() {
            try (session) {
                TokenView token = session.client()
                        .createToken(new TokenRequest(name, role, session.namedTenant(), instant(expires)));
                session.output().done(token, String.valueOf(token.secret()));
                session.say("token " + token.name() + " (" + token.role() + ", "
                        + (token.tenant() == null ? "the whole cluster" : "tenant " + token.tenant()) + ", "
                        + (token.expires() == null ? "never expires" : "expires " + token.expires())
                        + "): keep it, it is not shown again");
            }
            return ExitCode.OK;
        }

        private static @Nullable String instant(@Nullable String text) {
            Matcher span = TIME_SPAN.matcher(text == null ? "" : text);
            if (!span.matches()) {
                return text;
            }
            long amount = Long.parseLong(span.group(1));
            Duration duration = switch (span.group(2)) {
                case "d" -> Duration.ofDays(amount);
                case "h" -> Duration.ofHours(amount);
                default -> Duration.ofMinutes(amount);
            };
            return Instant.now().plus(duration).truncatedTo(ChronoUnit.SECONDS).toString();
        }
    }

    @Command(name = "list", mixinStandardHelpOptions = true, description = "List the tokens that you may see.")
    static final class ListCommand implements Callable<Integer> {
        @Mixin
        private final Session session;

        ListCommand(Terminal terminal) {
            session = new Session(terminal);
        }

        @Override
        public Integer call() {
            try (session) {
                List<TokenView> tokens = session.client().tokens();
                Output output = session.output();
                output.many(tokens, Table.of(tokens, output.wide(), COLUMNS));
            }
            return ExitCode.OK;
        }
    }

    @Command(
            name = "delete",
            mixinStandardHelpOptions = true,
            description = "Delete a token: within seconds no node takes it any more.")
    static final class DeleteTokenCommand implements Callable<Integer> {
        @Mixin
        private final Session session;

        @Parameters(index = "0", paramLabel = "NAME", description = "Which one.")
        private String name = "";

        DeleteTokenCommand(Terminal terminal) {
            session = new Session(terminal);
        }

        @Override
        public Integer call() {
            try (session) {
                session.client().deleteToken(name);
                session.output().done("token " + name + " is deleted");
            }
            return ExitCode.OK;
        }
    }
}
