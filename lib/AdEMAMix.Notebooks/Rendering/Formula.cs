// The TeX of prose made readable without a math library: letters, signs, sub- and superscripts; the rest stays TeX.
using System.Net;
using System.Text;

namespace AdEMAMix.Notebooks;

/// <summary>Writes the everyday part of TeX math as HTML. A command that it does not know is shown as it was typed.</summary>
sealed class Formula
{
    static readonly Dictionary<string, string> Signs = new(StringComparer.Ordinal)
    {
        ["alpha"] = "α",
        ["beta"] = "β",
        ["gamma"] = "γ",
        ["delta"] = "δ",
        ["epsilon"] = "ϵ",
        ["varepsilon"] = "ε",
        ["zeta"] = "ζ",
        ["eta"] = "η",
        ["theta"] = "θ",
        ["kappa"] = "κ",
        ["lambda"] = "λ",
        ["mu"] = "μ",
        ["nu"] = "ν",
        ["xi"] = "ξ",
        ["pi"] = "π",
        ["rho"] = "ρ",
        ["sigma"] = "σ",
        ["tau"] = "τ",
        ["phi"] = "φ",
        ["varphi"] = "φ",
        ["chi"] = "χ",
        ["psi"] = "ψ",
        ["omega"] = "ω",
        ["Gamma"] = "Γ",
        ["Delta"] = "Δ",
        ["Theta"] = "Θ",
        ["Lambda"] = "Λ",
        ["Sigma"] = "Σ",
        ["Phi"] = "Φ",
        ["Psi"] = "Ψ",
        ["Omega"] = "Ω",
        ["cdot"] = " · ",
        ["times"] = " × ",
        ["pm"] = " ± ",
        ["le"] = " ≤ ",
        ["leq"] = " ≤ ",
        ["ge"] = " ≥ ",
        ["geq"] = " ≥ ",
        ["ne"] = " ≠ ",
        ["neq"] = " ≠ ",
        ["approx"] = " ≈ ",
        ["sim"] = " ∼ ",
        ["leftarrow"] = " ← ",
        ["gets"] = " ← ",
        ["rightarrow"] = " → ",
        ["to"] = " → ",
        ["infty"] = "∞",
        ["partial"] = "∂",
        ["nabla"] = "∇",
        ["sum"] = "∑",
        ["prod"] = "∏",
        ["in"] = " ∈ ",
        ["ldots"] = "…",
        ["dots"] = "…",
        ["cdots"] = "⋯",
        ["odot"] = " ⊙ ",
        ["quad"] = "   ",
        ["qquad"] = "      ",
        [","] = " ",
        [";"] = " ",
        [":"] = " ",
        [" "] = " ",
        ["!"] = "",
        ["left"] = "",
        ["right"] = "",
        ["bigl"] = "",
        ["bigr"] = "",
        ["big"] = "",
        ["Big"] = "",
        ["\\"] = "<br>",
        ["%"] = "%",
        ["_"] = "_",
        ["{"] = "{",
        ["}"] = "}",
        ["&"] = "&amp;",
        ["ln"] = "ln ",
        ["log"] = "log ",
        ["exp"] = "exp ",
        ["max"] = "max ",
        ["min"] = "min ",
        ["|"] = "‖",
    };

    static readonly string[] Transparent = ["mathrm", "text", "mathbf", "boldsymbol", "operatorname", "mathit", "mathcal", "textrm"];

    readonly string _tex;
    int _at;
    int _scripts;

    Formula(string tex) => _tex = tex;

    public static string ToHtml(string tex) => new Formula(tex).Sequence('\0').Trim();

    string Sequence(char end)
    {
        var html = new StringBuilder();
        while (_at < _tex.Length && _tex[_at] != end) html.Append(Item());
        _at++;
        return html.ToString();
    }

    string Item()
    {
        var c = _tex[_at++];
        switch (c)
        {
            case '{': return Sequence('}');
            case '_': return $"<sub>{Script()}</sub>";
            case '^': return $"<sup>{Script()}</sup>";
            case '\\': return Command();
            case '-': return IsBinary() ? " − " : "−";
            case '\'': return "′";
            case '~': return " ";
            case '&': return "";
            case '=' or '+': return _scripts > 0 ? c.ToString() : $" {c} ";
            case ' ' or '\n' or '\t': return "";
            default: return char.IsLetter(c) ? $"<i>{c}</i>" : WebUtility.HtmlEncode(c.ToString());
        }
    }

    string Script()
    {
        _scripts++;
        var html = Argument();
        _scripts--;
        return html;
    }

    /// <summary>Whether the minus just read stands between two terms of a line, and not before a number or in an exponent.</summary>
    bool IsBinary()
    {
        if (_scripts > 0) return false;
        var before = _tex.AsSpan(0, _at - 1).TrimEnd();
        return before.Length > 0 && "=({[,<>".IndexOf(before[^1], StringComparison.Ordinal) < 0;
    }

    string Argument()
    {
        while (_at < _tex.Length && _tex[_at] == ' ') _at++;
        return _at < _tex.Length ? Item() : "";
    }

    string Command()
    {
        var start = _at;
        while (_at < _tex.Length && char.IsAsciiLetter(_tex[_at])) _at++;
        if (_at == start && _at < _tex.Length) _at++;
        var name = _tex[start.._at];
        if (Signs.TryGetValue(name, out var sign)) return sign;
        if (Transparent.Contains(name)) return Upright();
        switch (name)
        {
            case "frac" or "tfrac" or "dfrac":
                var (above, below) = (Argument(), Argument());
                return $"{Grouped(above)} / {Grouped(below)}";
            case "sqrt": return $"√{Grouped(Argument())}";
            case "hat": return Accent('\u0302');
            case "bar": return Accent('\u0304');
            case "tilde": return Accent('\u0303');
            default: return WebUtility.HtmlEncode("\\" + name);
        }
    }

    string Accent(char mark)
    {
        var inner = Argument();
        var letter = inner.LastIndexOf("</i>", StringComparison.Ordinal);
        return letter < 0 ? inner + mark : inner.Insert(letter, mark.ToString());
    }

    /// <summary>The words of \text{...}, spaces and all.</summary>
    string Upright()
    {
        if (_at >= _tex.Length || _tex[_at] != '{') return Argument();
        var close = _tex.IndexOf('}', _at);
        if (close < 0) close = _tex.Length;
        var words = _tex[(_at + 1)..close];
        _at = Math.Min(close + 1, _tex.Length);
        return words.Contains('\\', StringComparison.Ordinal) ? ToHtml(words) : WebUtility.HtmlEncode(words);
    }

    static string Grouped(string html) => html.Contains(' ', StringComparison.Ordinal) || html.Contains('−', StringComparison.Ordinal) ? $"({html})" : html;
}
