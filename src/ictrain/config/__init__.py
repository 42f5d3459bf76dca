"""Every room's settings, composed; read from YAML with command-line overrides."""

from ictrain.config.file import dump_config, load_config
from ictrain.config.settings import Arm, RunSettings

__all__ = ["Arm", "RunSettings", "dump_config", "load_config"]
