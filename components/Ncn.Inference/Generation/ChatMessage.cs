namespace Ncn.Inference.Generation;

/// <summary>One turn of a conversation, as a model's chat template takes it.</summary>
/// <param name="Role">system, user, assistant, tool, or another role that the model's template knows.</param>
/// <param name="Content">Its text.</param>
public sealed record ChatMessage(string Role, string Content);
