/// ISO 3166 alpha-2 codes of countries by their usual English names.
public enum CountryNames {
  /// The code of a name or of a two-letter code in any case; nil where it is not known.
  public static func code(of name: String) -> String? {
    let key = name.lowercased().filter { $0.isLetter || $0 == " " }
    if let code = codes[key] { return code }
    let upper = name.uppercased()
    return known.contains(upper) ? upper : nil
  }

  /// True for an assigned ISO 3166 alpha-2 code, in capitals.
  public static func isCode(_ code: String) -> Bool {
    known.contains(code)
  }

  private static let codes: [String: String] = {
    var codes: [String: String] = [:]
    for line in table.split(separator: "\n") {
      let parts = line.split(separator: " ", maxSplits: 1)
      guard parts.count == 2 else { continue }
      for name in parts[1].split(separator: "|") {
        codes[name.lowercased().filter { $0.isLetter || $0 == " " }] = String(parts[0])
      }
    }
    return codes
  }()

  private static let known = Set(codes.values)

  private static let table = """
    AD Andorra
    AE United Arab Emirates|UAE
    AF Afghanistan
    AG Antigua and Barbuda
    AI Anguilla
    AL Albania
    AM Armenia
    AO Angola
    AR Argentina
    AS American Samoa
    AT Austria
    AU Australia
    AW Aruba
    AZ Azerbaijan
    BA Bosnia and Herzegovina
    BB Barbados
    BD Bangladesh
    BE Belgium
    BF Burkina Faso
    BG Bulgaria
    BH Bahrain
    BI Burundi
    BJ Benin
    BM Bermuda
    BN Brunei|Brunei Darussalam
    BO Bolivia
    BR Brazil|Brasil
    BS Bahamas|The Bahamas
    BT Bhutan
    BW Botswana
    BY Belarus
    BZ Belize
    CA Canada
    CD Democratic Republic of the Congo|DR Congo
    CF Central African Republic
    CG Congo|Republic of the Congo
    CH Switzerland
    CI Ivory Coast|Cote d'Ivoire
    CL Chile
    CM Cameroon
    CN China
    CO Colombia
    CR Costa Rica
    CU Cuba
    CV Cape Verde|Cabo Verde
    CW Curacao
    CY Cyprus
    CZ Czechia|Czech Republic
    DE Germany|Deutschland
    DJ Djibouti
    DK Denmark
    DM Dominica
    DO Dominican Republic
    DZ Algeria
    EC Ecuador
    EE Estonia
    EG Egypt
    ER Eritrea
    ES Spain
    ET Ethiopia
    FI Finland
    FJ Fiji
    FK Falkland Islands
    FM Micronesia
    FO Faroe Islands
    FR France
    GA Gabon
    GB United Kingdom|Great Britain|UK|England|Scotland|Wales|Northern Ireland
    GD Grenada
    GE Georgia
    GF French Guiana
    GG Guernsey
    GH Ghana
    GI Gibraltar
    GL Greenland
    GM Gambia|The Gambia
    GN Guinea
    GP Guadeloupe
    GQ Equatorial Guinea
    GR Greece
    GT Guatemala
    GU Guam
    GW Guinea-Bissau
    GY Guyana
    HK Hong Kong
    HN Honduras
    HR Croatia
    HT Haiti
    HU Hungary
    ID Indonesia
    IE Ireland
    IL Israel
    IM Isle of Man
    IN India
    IQ Iraq
    IR Iran
    IS Iceland
    IT Italy
    JE Jersey
    JM Jamaica
    JO Jordan
    JP Japan
    KE Kenya
    KG Kyrgyzstan
    KH Cambodia
    KI Kiribati
    KM Comoros
    KN Saint Kitts and Nevis
    KP North Korea
    KR South Korea|Korea|Republic of Korea
    KW Kuwait
    KY Cayman Islands
    KZ Kazakhstan
    LA Laos
    LB Lebanon
    LC Saint Lucia
    LI Liechtenstein
    LK Sri Lanka
    LR Liberia
    LS Lesotho
    LT Lithuania
    LU Luxembourg
    LV Latvia
    LY Libya
    MA Morocco
    MC Monaco
    MD Moldova
    ME Montenegro
    MG Madagascar
    MH Marshall Islands
    MK North Macedonia|Macedonia
    ML Mali
    MM Myanmar|Burma
    MN Mongolia
    MO Macao|Macau
    MP Northern Mariana Islands
    MQ Martinique
    MR Mauritania
    MS Montserrat
    MT Malta
    MU Mauritius
    MV Maldives
    MW Malawi
    MX Mexico
    MY Malaysia
    MZ Mozambique
    NA Namibia
    NC New Caledonia
    NE Niger
    NG Nigeria
    NI Nicaragua
    NL Netherlands|The Netherlands|Holland
    NO Norway
    NP Nepal
    NR Nauru
    NU Niue
    NZ New Zealand
    OM Oman
    PA Panama
    PE Peru
    PF French Polynesia
    PG Papua New Guinea
    PH Philippines
    PK Pakistan
    PL Poland
    PR Puerto Rico
    PS Palestine
    PT Portugal
    PW Palau
    PY Paraguay
    QA Qatar
    RE Reunion
    RO Romania
    RS Serbia
    RU Russia|Russian Federation
    RW Rwanda
    SA Saudi Arabia
    SB Solomon Islands
    SC Seychelles
    SD Sudan
    SE Sweden
    SG Singapore
    SI Slovenia
    SK Slovakia
    SL Sierra Leone
    SM San Marino
    SN Senegal
    SO Somalia
    SR Suriname
    SS South Sudan
    ST Sao Tome and Principe
    SV El Salvador
    SX Sint Maarten
    SY Syria
    SZ Eswatini|Swaziland
    TC Turks and Caicos Islands
    TD Chad
    TG Togo
    TH Thailand
    TJ Tajikistan
    TL East Timor|Timor-Leste
    TM Turkmenistan
    TN Tunisia
    TO Tonga
    TR Turkey|Turkiye
    TT Trinidad and Tobago
    TV Tuvalu
    TW Taiwan
    TZ Tanzania
    UA Ukraine
    UG Uganda
    US United States|United States of America|USA
    UY Uruguay
    UZ Uzbekistan
    VA Vatican City|Holy See
    VC Saint Vincent and the Grenadines
    VE Venezuela
    VG British Virgin Islands
    VI US Virgin Islands
    VN Vietnam|Viet Nam
    VU Vanuatu
    WF Wallis and Futuna
    WS Samoa
    XK Kosovo
    YE Yemen
    YT Mayotte
    ZA South Africa
    ZM Zambia
    ZW Zimbabwe
    """
}
