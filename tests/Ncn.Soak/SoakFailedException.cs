namespace Ncn.Soak;

/// <summary>A request was answered in a way that it should not be, or the node cannot go on.</summary>
internal sealed class SoakFailedException(string message) : Exception(message);
