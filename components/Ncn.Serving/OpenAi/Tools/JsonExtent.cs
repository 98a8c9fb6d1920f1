namespace Ncn.Serving.OpenAi.Tools;

/// <summary>Finds where a JSON object or array ends in a text that comes in pieces. Looks at each character once.</summary>
internal struct JsonExtent
{
    private int _depth;
    private bool _inString;
    private bool _escaped;

    /// <summary>Takes the next character; true when it is the last of the value.</summary>
    public bool Ends(char letter)
    {
        if (_escaped)
        {
            _escaped = false;
            return false;
        }

        switch (letter)
        {
            case '\\' when _inString:
                _escaped = true;
                break;
            case '"':
                _inString = !_inString;
                break;
            case '{' or '[' when !_inString:
                _depth++;
                break;
            case '}' or ']' when !_inString:
                return --_depth == 0;
        }

        return false;
    }
}
