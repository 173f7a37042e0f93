package io.portcullis.cli;

import io.portcullis.api.ChangeView;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeoutException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Adds and removes tags. */
@Command(
        name = "tag",
        mixinStandardHelpOptions = true,
        description = "Add tags to a VM, or remove them (with a hyphen at the end), all in one revision.",
        footer = {
            "",
            "Groups, and so the rules, follow the tags at once.",
            "",
            "Examples:",
            "  portcullis tag web-1 quarantine:yes          add a tag",
            "  portcullis tag web-1 quarantine:yes-         remove it",
            "  portcullis tag web-1 stage:prod stage:test-  change one for another"
        })
final class TagCommand implements Callable<Integer> {
    @Mixin
    private final Session session;

    @Parameters(index = "0", paramLabel = "VM", description = "NAME or TENANT/NAME.")
    private String vm = "";

    @Parameters(
            index = "1..*",
            arity = "1..*",
            paramLabel = "TAG",
            description = "scope:value, or scope:value- to remove it.")
    private List<String> tags = new ArrayList<>();

    @Option(names = "--wait", description = "Wait until every vNIC enforces the change.")
    private boolean await;

    @Option(names = "--timeout", paramLabel = "SECONDS", description = "Longest wait (default 30).")
    private int timeoutSeconds = 30;

    TagCommand(Terminal terminal) {
        session = new Session(terminal);
    }

    @Override
    public Integer call() throws TimeoutException {
        try (session) {
            Session.VmName name = session.vm(vm);
            List<String> add = tags.stream().filter(tag -> !tag.endsWith("-")).toList();
            List<String> remove = tags.stream()
                    .filter(tag -> tag.endsWith("-"))
                    .map(tag -> tag.substring(0, tag.length() - 1))
                    .toList();
            ChangeView change = session.client().tag(name.tenant(), name.name(), add, remove);
            if (await) {
                session.client().awaitRealized(name.tenant(), change.revision(), Duration.ofSeconds(timeoutSeconds));
            }
            session.output().done(change, Sentences.change(change, await));
        }
        return ExitCode.OK;
    }
}
