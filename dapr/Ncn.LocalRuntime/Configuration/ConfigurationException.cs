namespace Ncn.LocalRuntime.Configuration;

/// <summary>A file or an option that the runtime cannot start with; the message names it and says what to change.</summary>
internal sealed class ConfigurationException(string message, Exception? inner = null) : Exception(message, inner);
