namespace Ncn.Inference.Providers;

/// <summary>The execution provider that was asked for cannot be had. The message is written for the operator and says what to do.</summary>
public sealed class ExecutionProviderException(string message, Exception? inner = null) : Exception(message, inner);
