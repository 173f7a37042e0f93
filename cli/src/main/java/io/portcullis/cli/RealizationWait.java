package io.portcullis.cli;

import io.portcullis.api.ChangeView;
import io.portcullis.api.PortcullisClient;
import io.portcullis.api.RealizationView;
import io.portcullis.api.TenantsRealization;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Stack;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.IParameterPreprocessor;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** The options of commands that can wait until a change is in force, and the wait. */
final class RealizationWait {
    private static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(30);
    private static final long POLL_MILLIS = 50;
    /** For which the node is asked to wait with its answer; then it is said how far the change has come. */
    private static final long PROGRESS_MILLIS = 500;
    /** vNICs or tenants that a time-out lists. */
    private static final int MAX_LISTED = 20;

    /** What can be waited for. */
    enum Goal {
        /** Every attached vNIC enforces the revision or a later one; of the provider, those of all tenants. */
        REALIZED
    }

    @Option(
            names = "--wait",
            arity = "0..1",
            fallbackValue = "realized",
            preprocessor = AttachedOnly.class,
            paramLabel = "realized",
            description = "Wait until every attached vNIC enforces the change; status 1 if that takes too long.")
    private @Nullable Goal goal;

    @Option(
            names = "--timeout",
            paramLabel = "TIME",
            converter = Time.class,
            description = "Longest wait: 30s (default), 2m, 500ms; a number alone means seconds.")
    private Duration timeout = DEFAULT_TIMEOUT;

    boolean isWanted() {
        return goal != null;
    }

    /** Waits if that is wanted, and prints the change; answers the exit status. */
    int finish(Session session, ChangeView change) {
        if (goal == null) {
            session.output().done(change, Sentences.change(change, false));
            return ExitCode.OK;
        }
        RealizationView view = await(session, change);
        session.output().done(change, Sentences.change(change, view.realized()));
        if (view.realized()) {
            return ExitCode.OK;
        }
        List<String> lagging = lagging(view);
        session.say("error: after " + timeout.toMillis() + " ms revision " + change.revision() + " is realized by "
                + Sentences.realized(view));
        lagging.stream().limit(MAX_LISTED).forEach(line -> session.say("  " + line));
        if (lagging.size() > MAX_LISTED) {
            session.say("  and " + (lagging.size() - MAX_LISTED) + " more");
        }
        session.say(
                "  hint: the change is made and goes on being distributed; 'portcullis get realization' shows how far");
        return ExitCode.FAILED;
    }

    private static List<String> lagging(RealizationView view) {
        TenantsRealization tenants = view.tenants();
        return tenants == null
                ? view.vnics().stream()
                        .filter(vnic -> !vnic.realized())
                        .map(Sentences::lagging)
                        .toList()
                : tenants.items().stream()
                        .limit(tenants.pending())
                        .map(Sentences::lagging)
                        .toList();
    }

    private RealizationView await(Session session, ChangeView change) {
        PortcullisClient client = session.client();
        long deadline = System.nanoTime() + timeout.toNanos();
        String said = "";
        while (true) {
            long leftMillis = Math.max(0, (deadline - System.nanoTime()) / 1_000_000);
            Duration wait = Duration.ofMillis(Math.min(leftMillis, PROGRESS_MILLIS));
            RealizationView view = client.realization(change.tenant(), change.revision(), wait);
            if (view.realized() || System.nanoTime() - deadline >= 0 || !pause()) {
                return view;
            }
            String progress = "revision " + change.revision() + ": realized by " + Sentences.realized(view);
            if (!progress.equals(said)) {
                session.say(progress);
                said = progress;
            }
        }
    }

    private static boolean pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
            return true;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** What comes after a bare {@code --wait} is no value of it, but the command's next parameter. */
    static final class AttachedOnly implements IParameterPreprocessor {
        @Override
        public boolean preprocess(
                Stack<String> arguments, CommandSpec command, ArgSpec option, Map<String, Object> info) {
            if (!"=".equals(info.get("separator"))) {
                arguments.push("realized");
            }
            return false;
        }
    }

    /** Reads a duration as people write it. */
    static final class Time implements ITypeConverter<Duration> {
        private static final Pattern TEXT = Pattern.compile("(\\d{1,7})(ms|s|m|h)?");

        @Override
        public Duration convert(String text) {
            Matcher matcher = TEXT.matcher(text.toLowerCase(Locale.ROOT));
            if (!matcher.matches()) {
                throw new TypeConversionException("'" + text + "' is no time; write 30s, 2m or 500ms");
            }
            long count = Long.parseLong(matcher.group(1));
            return switch (matcher.group(2)) {
                case "ms" -> Duration.ofMillis(count);
                case "m" -> Duration.ofMinutes(count);
                case "h" -> Duration.ofHours(count);
                case null, default -> Duration.ofSeconds(count);
            };
        }
    }
}
