namespace Ncn.OpenInference;

/// <summary>What a request may have at most, whatever the model. The size of the whole request is bounded by whoever reads it from the network.</summary>
public static class CodecLimits
{
    /// <summary>Inputs of a request, outputs that it asks for, outputs of a response.</summary>
    public const int MaxTensors = 64;

    /// <summary>Dimensions of a tensor.</summary>
    public const int MaxDimensions = 8;

    /// <summary>Characters of a tensor's name.</summary>
    public const int MaxNameLength = 256;

    /// <summary>Characters of a request's id.</summary>
    public const int MaxIdLength = 1024;

    /// <summary>Parameters of a request or of one tensor.</summary>
    public const int MaxParameters = 64;

    /// <summary>Characters of a parameter's text.</summary>
    public const int MaxParameterLength = 64 * 1024;

    /// <summary>Levels of JSON: the request, its inputs, one input, and its data with all dimensions.</summary>
    public const int MaxDepth = 32;
}
