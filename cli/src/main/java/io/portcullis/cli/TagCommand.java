package io.portcullis.cli;

import io.portcullis.api.ChangeView;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
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
            "  portcullis tag web-1 stage:prod stage:test-  change one for another",
            "  portcullis tag web-1 quarantine:yes --wait=realized --timeout 5s"
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

    @Mixin
    private final RealizationWait realization = new RealizationWait();

    TagCommand(Terminal terminal) {
        session = new Session(terminal);
    }

    @Override
    public Integer call() {
        try (session) {
            Session.VmName name = session.vm(vm);
            List<String> add = tags.stream().filter(tag -> !tag.endsWith("-")).toList();
            List<String> remove = tags.stream()
                    .filter(tag -> tag.endsWith("-"))
                    .map(tag -> tag.substring(0, tag.length() - 1))
                    .toList();
            ChangeView change = session.client().tag(name.tenant(), name.name(), add, remove);
            return realization.finish(session, change);
        }
    }
}
