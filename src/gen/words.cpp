#include "gen/words.h"

#include <array>

namespace gen {
namespace {

template <std::size_t N>
consteval std::array<Word, N> words(const char* const (&texts)[N]) {
  std::array<Word, N> result{};
  for (std::size_t i = 0; i < N; ++i) result[i] = Word{std::string_view{texts[i]}};
  return result;
}

template <std::size_t N>
consteval std::array<Word, N> lower(std::array<Word, N> list) {
  for (Word& word : list)
    for (char& c : word.text)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return list;
}

// clang-format off
constexpr auto kFirstNames = words({
    "Aaron", "Abigail", "Adam", "Adrian", "Alan", "Alice", "Alyssa", "Amanda", "Amber", "Amy", "Andrea", "Andrew",
    "Angela", "Anita", "Ann", "Anna", "Anthony", "April", "Arthur", "Ashley", "Audrey", "Barbara", "Benjamin", "Beth",
    "Beverly", "Bianca", "Bradley", "Brandon", "Brenda", "Brian", "Bridget", "Brittany", "Bruce", "Caitlin", "Calvin",
    "Carla", "Carlos", "Carol", "Caroline", "Casey", "Catherine", "Chad", "Charles", "Chelsea", "Cheryl", "Chris",
    "Christina", "Christopher", "Cindy", "Claire", "Cody", "Colleen", "Connor", "Corey", "Courtney", "Craig",
    "Crystal", "Curtis", "Cynthia", "Daisy", "Dale", "Daniel", "Danielle", "David", "Dawn", "Deborah", "Denise",
    "Dennis", "Derek", "Diana", "Diane", "Donald", "Donna", "Doris", "Douglas", "Dylan", "Edward", "Elaine",
    "Elizabeth", "Ellen", "Emily", "Eric", "Erica", "Erin", "Ethan", "Eugene", "Evan", "Evelyn", "Faith", "Felicia",
    "Frances", "Frank", "Gabriel", "Gail", "Gary", "George", "Gina", "Glenn", "Grace", "Grant", "Gregory", "Hailey",
    "Hannah", "Harold", "Heather", "Heidi", "Helen", "Henry", "Holly", "Ian", "Irene", "Isaac", "Jack", "Jacob",
    "Jacqueline", "James", "Jamie", "Jane", "Janet", "Jasmine", "Jason", "Jeffrey", "Jennifer", "Jeremy", "Jesse",
    "Jessica", "Jill", "Joan", "Joel", "John", "Jonathan", "Jordan", "Jose", "Joseph", "Joshua", "Joyce", "Juan",
    "Judith", "Julia", "Julie", "Justin", "Karen", "Karl", "Katherine", "Kathleen", "Katie", "Keith", "Kelly",
    "Kenneth", "Kevin", "Kimberly", "Kristen", "Kyle", "Larry", "Laura", "Lauren", "Lawrence", "Leah", "Leslie",
    "Linda", "Lisa", "Logan", "Lori", "Lucas", "Luis", "Lynn", "Madison", "Marcus", "Margaret", "Maria", "Marie",
    "Mark", "Martha", "Martin", "Mary", "Mason", "Matthew", "Megan", "Melanie", "Melissa", "Michael", "Michelle",
    "Miguel", "Mitchell", "Molly", "Monica", "Nancy", "Natalie", "Nathan", "Nicholas", "Nicole", "Noah", "Olivia",
    "Oscar", "Paige", "Pamela", "Patricia", "Patrick", "Paul", "Paula", "Peter", "Philip", "Rachel", "Ralph",
    "Randy", "Raymond", "Rebecca", "Regina", "Renee", "Richard", "Robert", "Robin", "Rodney", "Roger", "Ronald",
    "Rose", "Russell", "Ruth", "Ryan", "Samantha", "Samuel", "Sandra", "Sara", "Scott", "Sean", "Shannon", "Sharon",
    "Shawn", "Sheila", "Sherry", "Sierra", "Sonia", "Sophia", "Stacey", "Stephanie", "Stephen", "Steven", "Stuart",
    "Susan", "Suzanne", "Sydney", "Tammy", "Tanya", "Tara", "Taylor", "Teresa", "Terry", "Thomas", "Tiffany",
    "Timothy", "Tina", "Todd", "Tracy", "Travis", "Trevor", "Tyler", "Valerie", "Vanessa", "Veronica", "Victor",
    "Victoria", "Vincent", "Virginia", "Walter", "Wanda", "Wayne", "Wendy", "Wesley", "William", "Zachary", "Zoe"});

constexpr auto kLastNames = words({
    "Abbott", "Adams", "Aguilar", "Alexander", "Allen", "Alvarez", "Anderson", "Andrews", "Armstrong", "Arnold",
    "Austin", "Bailey", "Baker", "Barnes", "Barrett", "Bell", "Bennett", "Berry", "Bishop", "Black", "Bowman",
    "Boyd", "Bradley", "Brooks", "Brown", "Bryant", "Burke", "Burns", "Burton", "Butler", "Campbell", "Carlson",
    "Carpenter", "Carr", "Carroll", "Carter", "Castillo", "Castro", "Chambers", "Chapman", "Chavez", "Chen",
    "Clark", "Cohen", "Cole", "Coleman", "Collins", "Cook", "Cooper", "Cox", "Crawford", "Cruz", "Cunningham",
    "Curtis", "Daniels", "Davidson", "Davis", "Day", "Dean", "Delgado", "Diaz", "Dixon", "Douglas", "Duncan",
    "Dunn", "Edwards", "Elliott", "Ellis", "Erickson", "Evans", "Ferguson", "Fernandez", "Fields", "Fisher",
    "Fletcher", "Flores", "Ford", "Foster", "Fowler", "Fox", "Franklin", "Frazier", "Freeman", "Fuller", "Garcia",
    "Gardner", "Garza", "George", "Gibson", "Gilbert", "Gomez", "Gonzalez", "Gordon", "Graham", "Grant", "Gray",
    "Green", "Griffin", "Gutierrez", "Hall", "Hamilton", "Hansen", "Hanson", "Harper", "Harris", "Harrison",
    "Hart", "Harvey", "Hayes", "Henderson", "Henry", "Hernandez", "Herrera", "Hicks", "Hill", "Hoffman", "Holland",
    "Holmes", "Hopkins", "Howard", "Howell", "Hudson", "Hughes", "Hunt", "Hunter", "Jackson", "Jacobs", "James",
    "Jenkins", "Jensen", "Jimenez", "Johnson", "Johnston", "Jones", "Jordan", "Kelley", "Kelly", "Kennedy", "Kim",
    "King", "Klein", "Knight", "Lane", "Larson", "Lawrence", "Lawson", "Lee", "Lewis", "Little", "Long", "Lopez",
    "Lucas", "Lynch", "Marshall", "Martin", "Martinez", "Mason", "Matthews", "May", "Mccarthy", "Mccoy",
    "Mcdonald", "Medina", "Mendoza", "Meyer", "Miller", "Mills", "Mitchell", "Montgomery", "Moore", "Morales",
    "Moreno", "Morgan", "Morris", "Morrison", "Munoz", "Murphy", "Murray", "Myers", "Nelson", "Newman", "Nguyen",
    "Nichols", "Obrien", "Oliver", "Olson", "Ortiz", "Owens", "Palmer", "Parker", "Patel", "Patterson", "Payne",
    "Perez", "Perkins", "Perry", "Peters", "Peterson", "Phillips", "Pierce", "Porter", "Powell", "Price", "Ramirez",
    "Ramos", "Reed", "Reyes", "Reynolds", "Rice", "Richards", "Richardson", "Rivera", "Roberts", "Robertson",
    "Robinson", "Rodriguez", "Rogers", "Romero", "Rose", "Ross", "Ruiz", "Russell", "Ryan", "Sanchez", "Sanders",
    "Santos", "Schmidt", "Schultz", "Scott", "Shaw", "Silva", "Simmons", "Simpson", "Sims", "Smith", "Snyder",
    "Soto", "Spencer", "Stephens", "Stevens", "Stewart", "Stone", "Sullivan", "Sutton", "Taylor", "Thomas",
    "Thompson", "Torres", "Tran", "Tucker", "Turner", "Valdez", "Vargas", "Vasquez", "Wagner", "Walker", "Wallace",
    "Walsh", "Ward", "Warren", "Washington", "Watkins", "Watson", "Weaver", "Webb", "Welch", "Wells", "West",
    "Wheeler", "White", "Williams", "Willis", "Wilson", "Wong", "Wood", "Wright", "Young", "Zimmerman"});

constexpr auto kMailDomains = words({"example.com", "example.net", "example.org", "mail.example.com", "post.example.net",
                                     "corp.example.org"});

constexpr auto kStreetKinds = words({
    "Alley", "Avenue", "Bend", "Boulevard", "Bridge", "Bypass", "Circle", "Corner", "Court", "Cove", "Creek",
    "Crossing", "Drive", "Estate", "Expressway", "Ferry", "Field", "Forest", "Garden", "Glen", "Grove", "Harbor",
    "Heights", "Highway", "Hill", "Junction", "Knoll", "Lake", "Landing", "Lane", "Light", "Loop", "Manor", "Meadow",
    "Mill", "Mountain", "Oval", "Park", "Parkway", "Pass", "Path", "Pine", "Place", "Plaza", "Point", "Port",
    "Prairie", "Ramp", "Ridge", "River", "Road", "Route", "Row", "Run", "Shore", "Spring", "Square", "Station",
    "Street", "Summit", "Terrace", "Trail", "Tunnel", "Turnpike", "Valley", "View", "Village", "Walk", "Way"});

constexpr auto kCityPrefixes = words({"East ", "Lake ", "New ", "North ", "Port ", "South ", "West "});
constexpr auto kCitySuffixes = words({"berg", "borough", "burgh", "bury", "chester", "fort", "furt", "haven", "land",
                                      "mouth", "port", "shire", "side", "stad", "ton", "town", "view", "ville"});

constexpr auto kStates = words({
    "Alabama", "Alaska", "Arizona", "Arkansas", "California", "Colorado", "Connecticut", "Delaware", "Florida",
    "Georgia", "Hawaii", "Idaho", "Illinois", "Indiana", "Iowa", "Kansas", "Kentucky", "Louisiana", "Maine",
    "Maryland", "Massachusetts", "Michigan", "Minnesota", "Mississippi", "Missouri", "Montana", "Nebraska", "Nevada",
    "New Hampshire", "New Jersey", "New Mexico", "New York", "North Carolina", "North Dakota", "Ohio", "Oklahoma",
    "Oregon", "Pennsylvania", "Rhode Island", "South Carolina", "South Dakota", "Tennessee", "Texas", "Utah",
    "Vermont", "Virginia", "Washington", "West Virginia", "Wisconsin", "Wyoming"});

constexpr auto kCountries = words({
    "Afghanistan", "Albania", "Algeria", "American Samoa", "Andorra", "Angola", "Anguilla", "Antigua and Barbuda",
    "Argentina", "Armenia", "Aruba", "Australia", "Austria", "Azerbaijan", "Bahamas", "Bahrain", "Bangladesh",
    "Barbados", "Belarus", "Belgium", "Belize", "Benin", "Bermuda", "Bhutan", "Bolivia", "Bosnia and Herzegovina",
    "Botswana", "Bouvet Island (Bouvetoya)", "Brazil", "British Indian Ocean Territory (Chagos Archipelago)",
    "Brunei Darussalam", "Bulgaria", "Burkina Faso", "Burundi", "Cambodia", "Cameroon", "Canada", "Cape Verde",
    "Central African Republic", "Chad", "Chile", "China", "Colombia", "Comoros", "Congo", "Cook Islands",
    "Costa Rica", "Cote d'Ivoire", "Croatia", "Cuba", "Cyprus", "Czech Republic", "Denmark", "Djibouti", "Dominica",
    "Dominican Republic", "Ecuador", "Egypt", "El Salvador", "Equatorial Guinea", "Eritrea", "Estonia", "Ethiopia",
    "Falkland Islands (Malvinas)", "Faroe Islands", "Fiji", "Finland", "France", "French Guiana", "Gabon", "Gambia",
    "Georgia", "Germany", "Ghana", "Gibraltar", "Greece", "Greenland", "Grenada", "Guadeloupe", "Guatemala",
    "Guinea", "Guyana", "Haiti", "Heard Island and McDonald Islands", "Holy See (Vatican City State)", "Honduras",
    "Hungary", "Iceland", "India", "Indonesia", "Iran", "Iraq", "Ireland", "Israel", "Italy", "Jamaica", "Japan",
    "Jordan", "Kazakhstan", "Kenya", "Kiribati", "Kuwait", "Lao People's Democratic Republic", "Latvia", "Lebanon",
    "Lesotho", "Liberia", "Lithuania", "Luxembourg", "Madagascar", "Malawi", "Malaysia", "Maldives", "Mali", "Malta",
    "Mauritania", "Mauritius", "Mexico", "Monaco", "Mongolia", "Montenegro", "Morocco", "Mozambique", "Myanmar",
    "Namibia", "Nepal", "Netherlands", "New Zealand", "Nicaragua", "Niger", "Nigeria", "Norway", "Oman", "Pakistan",
    "Panama", "Papua New Guinea", "Paraguay", "Peru", "Philippines", "Pitcairn Islands", "Poland", "Portugal",
    "Qatar", "Romania", "Rwanda", "Saint Kitts and Nevis", "Saint Lucia", "Samoa", "San Marino", "Saudi Arabia",
    "Senegal", "Serbia", "Seychelles", "Sierra Leone", "Singapore", "Slovenia", "Somalia", "South Africa",
    "South Georgia and the South Sandwich Islands", "Spain", "Sri Lanka", "Suriname",
    "Svalbard & Jan Mayen Islands", "Sweden", "Switzerland", "Tajikistan", "Tanzania", "Thailand", "Togo", "Tonga",
    "Trinidad and Tobago", "Tunisia", "Turkmenistan", "Tuvalu", "Uganda", "Ukraine", "United Kingdom",
    "United States Minor Outlying Islands", "Uruguay", "Uzbekistan", "Vanuatu", "Venezuela", "Vietnam",
    "Wallis and Futuna", "Western Sahara", "Yemen", "Zambia", "Zimbabwe"});

constexpr auto kFirstNamesLower = lower(kFirstNames);
constexpr auto kLastNamesLower = lower(kLastNames);
// clang-format on

}  // namespace

const WordLists& word_lists() {
  static constexpr WordLists kLists{kFirstNames,  kFirstNamesLower, kLastNames,    kLastNamesLower, kMailDomains,
                                    kStreetKinds, kCityPrefixes,    kCitySuffixes, kStates,         kCountries};
  return kLists;
}

}  // namespace gen
