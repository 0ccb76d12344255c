# SPDX-License-Identifier: MIT
"""YAML as CircleCI reads it (1.1, duplicate keys refused) and as the packer writes it."""
import yaml

from errors import ConfigError


class Loader(yaml.SafeLoader):
    """YAML 1.1 scalars; keys stay as written; timestamps stay strings."""


def _merged(loader, node):
    """The mapping that `<<: *anchor` (or a list of anchors) stands for; earlier ones win."""
    sources = loader.construct_object(node, deep=True)
    result = {}
    for source in sources if isinstance(sources, list) else [sources]:
        result = {**source, **result}
    return result


def _mapping(loader, node):
    inherited, own = {}, {}
    for key_node, value_node in node.value:
        if not isinstance(key_node, yaml.ScalarNode):
            raise yaml.constructor.ConstructorError(
                None, None, "a mapping key must be a scalar", key_node.start_mark)
        if key_node.tag == "tag:yaml.org,2002:merge":
            inherited = {**_merged(loader, value_node), **inherited}
            continue
        key = key_node.value  # an `on:` key is the text "on", never a boolean
        if key in own:
            raise yaml.constructor.ConstructorError(
                None, None, f"duplicate key '{key}'", key_node.start_mark)
        own[key] = loader.construct_object(value_node, deep=True)
    return {**inherited, **own}


Loader.add_constructor("tag:yaml.org,2002:map", _mapping)
Loader.add_constructor("tag:yaml.org,2002:timestamp", Loader.construct_scalar)


class Dumper(yaml.SafeDumper):
    """Block literals for texts of several lines; shared nodes are written out, not aliased."""

    def ignore_aliases(self, data):
        return True

    def increase_indent(self, flow=False, indentless=False):
        return super().increase_indent(flow, False)


def _text(dumper, value):
    style = "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


Dumper.add_representer(str, _text)
Dumper.add_multi_representer(str, _text)  # and of kinds of text


def load_text(text, name):
    """Parse one document whose root is a mapping; an empty document is an empty mapping."""
    try:
        document = yaml.load(text, Loader)
    except yaml.YAMLError as error:
        raise ConfigError(f"{name}: {error}") from error
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise ConfigError(f"{name}: the root must be a map")
    return document


def load_file(path):
    with open(path, encoding="utf-8") as stream:
        return load_text(stream.read(), str(path))


def dump(document):
    return yaml.dump(document, Dumper=Dumper, indent=2, width=10000, sort_keys=True,
                     allow_unicode=True, default_flow_style=False)
