package io.portcullis.cli;

import io.portcullis.api.ChangeView;
import io.portcullis.api.QuotaSpec;
import io.portcullis.api.QuotaView;
import io.portcullis.api.TenantQuota;
import io.portcullis.api.document.Nearest;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Sets and lifts limits of a tenant. */
@Command(
        name = "quota",
        mixinStandardHelpOptions = true,
        description = {
            "Set what a tenant may have at most, or lift a limit (with a hyphen at the end).",
            "Other limits stay. What a tenant has stays, too: it cannot become more."
        },
        footer = {
            "",
            "There are vms, vnics, segments, groups, services, policies, rules, members (addresses and VMs that",
            "groups, rules and exclusions list). It takes an admin's token for the whole cluster; everyone sees the",
            "quota of the own tenant with 'portcullis get quota'.",
            "",
            "Examples:",
            "  portcullis quota --tenant acme vms=100 rules=5000",
            "  portcullis quota --tenant acme rules-"
        })
final class QuotaCommand implements Callable<Integer> {
    private static final Pattern LIMIT = Pattern.compile("([a-z]+)(?:=(\\d{1,9})|-)");

    @Mixin
    private final Session session;

    @Parameters(
            index = "0..*",
            arity = "1..*",
            paramLabel = "LIMIT",
            description = "what=number, or what- to lift the limit.")
    private List<String> limits = new ArrayList<>();

    QuotaCommand(Terminal terminal) {
        session = new Session(terminal);
    }

    @Override
    public Integer call() {
        try (session) {
            TenantQuota quota = session.client().quota(session.tenant());
            QuotaView view = quota.get();
            Map<String, Integer> next = new LinkedHashMap<>(view.limits());
            limits.forEach(text -> change(next, view.used().keySet(), text));
            ChangeView change = quota.put(new QuotaSpec(next), OptionalLong.of(view.revision()));
            session.output().done(change, Sentences.change(change, false));
            return ExitCode.OK;
        }
    }

    private static void change(Map<String, Integer> limits, Set<String> words, String text) {
        Matcher limit = LIMIT.matcher(text);
        if (!limit.matches()) {
            throw new CommandFailure(ExitCode.USAGE, "'" + text + "' is no limit", "write vms=100, or vms-");
        }
        String word = limit.group(1);
        if (!words.contains(word)) {
            throw new CommandFailure(
                    ExitCode.USAGE,
                    "a quota does not limit '" + word + "'",
                    Nearest.to(word, words)
                            .map(nearest -> "did you mean " + nearest + "?")
                            .orElse("there are " + String.join(", ", words)));
        }
        if (limit.group(2) == null) {
            limits.remove(word);
        } else {
            limits.put(word, Integer.parseInt(limit.group(2)));
        }
    }
}
