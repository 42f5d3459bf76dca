"""The one renderer: (context, target, purpose) -> Rendered."""

from ictrain.prompts.rendered import Part, Rendered, Segment
from ictrain.prompts.renderer import Renderer, TooLong, check_context
from ictrain.prompts.settings import PromptSettings

__all__ = ["Part", "PromptSettings", "Rendered", "Renderer", "Segment", "TooLong", "check_context"]
